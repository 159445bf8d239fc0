// SQL values of JSON elements that have been checked. Internal to runtime/value.
#pragma once

#include <string_view>

#include "runtime/value/arena.h"
#include "runtime/value/json.h"
#include "runtime/value/json_scan.h"

namespace bulkhead::value {

// JSON text without insignificant space.
JsonResult ElementText(const JsonSpan& element, Arena& arena);
// As ->> gives it.
JsonResult ElementValue(const JsonSpan& element, Arena& arena);
// 'null', 'true', 'integer', …
std::string_view ElementType(const JsonSpan& element);
// Contents of a string, quotes excluded.
JsonResult Unescape(std::string_view contents, bool escaped, Arena& arena);
// Whether two labels are the same text after undoing escapes.
bool SameLabel(std::string_view a, bool a_escaped, std::string_view b, bool b_escaped);

}  // namespace bulkhead::value
