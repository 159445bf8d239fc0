// One row's JSON text as named SQL values. Private to the client.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/value.h"
#include "runtime/wire/json_reader.h"

namespace bulkhead::client {

struct Field {
  std::string_view name;
  value::Value value;
};

// Reused from row to row; allocates only while rows grow.
class RowReader {
 public:
  // The members in order, as client.h maps values; views are valid until the next Read and as long as `json`.
  // InvalidData: not one JSON object, too many members, a name with a NUL byte.
  Result<const std::vector<Field>*> Read(std::string_view json);

 private:
  bool ReadValue(value::Value& out);
  wire::JsonReader reader_;
  std::vector<Field> fields_;
};

}  // namespace bulkhead::client
