// Plans for fuzzers: text that has a chance to load.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/hash.h"
#include "runtime/plan/plan_json.h"

namespace bulkhead {

// The text with the digest that its content has; unchanged when it is not a JSON object.
inline std::string WithRightDigest(std::string_view text) {
  // Printing a document recurses.
  size_t depth = 0, deepest = 0;
  for (char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  if (deepest > 500) return std::string(text);
  auto document = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return std::string(text);
  try {
    document["digest"] = HexLower(plan::DigestOf(document));
    return document.dump();
  } catch (const nlohmann::json::exception&) {
    return std::string(text);  // bytes that are not UTF-8
  }
}

}  // namespace bulkhead
