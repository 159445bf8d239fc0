// JSON text with one element changed, and merged documents. The texts must be well-formed and without insignificant space
// (JsonMinify gives such text, and so does this).
#pragma once

#include "runtime/value/arena.h"
#include "runtime/value/json.h"

namespace bulkhead::value {

enum class JsonEdit : uint8_t {
  Insert,   // Where there is nothing.
  Replace,  // Where there is something.
  Set,      // Either.
  Remove,   // `element` is ignored. Missing when the whole document goes.
};
// The text after one edit at a `$…` path; the same text when there is nothing to do. `element` is JSON. One step beyond an
// array's end appends; labels that are missing on the way are made. Linear in the texts.
JsonResult EditJson(std::string_view json, Value path, JsonEdit edit, std::string_view element, Arena& arena,
                    JsonWriter& scratch);

// RFC 7396: members of `patch` replace those of `target`, null removes them. Time n log n.
JsonResult MergeJson(std::string_view target, std::string_view patch, Arena& arena, JsonWriter& scratch);

// One entry a line, each level indented once more; empty containers stay on their line.
JsonResult PrettyJson(std::string_view json, std::string_view indent, Arena& arena, JsonWriter& scratch);

}  // namespace bulkhead::value
