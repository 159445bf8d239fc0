// The parts of a CREATE INDEX statement that SQLite keeps only as text. Private to the source.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bulkhead::source {

struct IndexText {
  std::vector<std::string> terms;  // as written, without COLLATE, ASC and DESC at their end
  std::string where;               // of a partial index; else empty
};

// nullopt when the text is not of that form.
std::optional<IndexText> ReadIndexText(std::string_view sql);

// Of these columns, those an expression may name.
std::vector<std::string> ColumnsNamed(std::string_view expression, const std::vector<std::string>& columns);

}  // namespace bulkhead::source
