// The client's tables, as the rules and the schema say, and as each SDK wants them declared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/driver/pipeline.h"

namespace bulkhead::driver {

enum class ColumnType : uint8_t { Text, Integer, Real };

struct ClientColumn {
  std::string name;
  ColumnType type = ColumnType::Text;
};
// Without `id`, which every client's table has.
struct ClientTable {
  std::string name;
  std::vector<ClientColumn> columns;
  bool open = false;  // some columns are not known: `*` of a table without a schema
};

// By name; columns in the order in which queries give them first. Two queries that disagree on a type make it
// text.
std::vector<ClientTable> ClientTables(const Compilation& compilation);

// One row per output language.
struct SchemaWriter {
  std::string_view name;
  std::string (*write)(const std::vector<ClientTable>& tables);
};
const std::vector<SchemaWriter>& SchemaWriters();

}  // namespace bulkhead::driver
