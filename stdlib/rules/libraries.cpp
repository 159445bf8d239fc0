#include "stdlib/rules/libraries.h"

#include <algorithm>

namespace bulkhead::rules {
namespace {

// `-- Rows that belong to one person.\n…` -> `Rows that belong to one person.`
constexpr std::string_view FirstLine(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  return text.substr(text.find_first_not_of("- "));
}

constexpr Library MakeLibrary(std::string_view name, std::string_view text) {
  return {name, FirstLine(text), text};
}

constexpr Library Table[] = {
#include "rule_libraries.inc"  // made from the .sync files of this folder
};

}  // namespace

std::span<const Library> All() {
  return Table;
}

const Library* Find(std::string_view name) {
  auto found =
      std::find_if(std::begin(Table), std::end(Table), [&](const Library& l) { return l.name == name; });
  return found == std::end(Table) ? nullptr : found;
}

}  // namespace bulkhead::rules
