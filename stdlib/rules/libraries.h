// The libraries of rules that come with Bulkhead: views and functions in the rule language, for `USE
// std.name`. How they are written: README.md here.
#pragma once

#include <span>
#include <string_view>

namespace bulkhead::rules {

struct Library {
  std::string_view name;     // "std.tenancy"
  std::string_view summary;  // the first line of its text
  std::string_view text;     // the file NAME.sync
};

// By name. They live as long as the program.
std::span<const Library> All();
const Library* Find(std::string_view name);  // null when there is none

}  // namespace bulkhead::rules
