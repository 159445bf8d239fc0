// Names of tables that stand for several: a name or schema that ends in % is a prefix.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace bulkhead::plan {

// "billing.invoices" in its parts; the schema is "public" when none is written.
struct TableName {
  std::string schema;
  std::string name;
};
TableName SplitTableName(std::string_view qualified_name);

// The columns that rows of a wildcard have besides their own, and what they hold for a row of that table.
inline constexpr std::array<std::string_view, 3> MetadataColumns = {"schema()", "table_name()",
                                                                    "table_suffix()"};
std::array<std::string, 3> MetadataOf(std::string_view wildcard_name, const TableName& table);

}  // namespace bulkhead::plan
