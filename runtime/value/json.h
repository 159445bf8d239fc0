// JSON out of rows, and SQLite's JSON operators over text that nobody has checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/value/arena.h"
#include "runtime/value/value.h"

namespace bulkhead::value {

// ---- Writing ----

// A REAL as stored rows show it: integral values get `.0` (10.0, 1000000000000000.0), otherwise the shortest digits
// that read back the same, laid out as JavaScript does (0.1, 1e+21, 1.5e-7); infinities as 9e999 and -9e999.
// `out` has room for NumberTextBytesMax; returns the end.
char* WriteJsonReal(char* out, double v);
// The same without the `.0`: the form in bucket names.
char* WritePlainReal(char* out, double v);

// A growing byte buffer that is reused from row to row. Does not allocate once it has seen its largest text.
class JsonWriter {
 public:
  enum class BadText : uint8_t { Repair, Keep };
  explicit JsonWriter(BadText bad_text = BadText::Repair) : bad_text_(bad_text) {}
  void Clear() { size_ = 0; }
  // Bytes that are JSON already.
  void Raw(std::string_view bytes);
  void Raw(char c);
  // A quoted string, escaped as JSON.stringify does: \" \\ \b \f \n \r \t, other control characters as \u00xx,
  // nothing else. Bytes that are not UTF-8 (only computed text can have them) become U+FFFD, or stay when asked to.
  void Text(std::string_view text);
  // NULL, INTEGER (bare), REAL (WriteJsonReal), TEXT; a BLOB as {"$blob":"hex"}.
  void Add(Value v);
  // The same with WritePlainReal.
  void AddPlain(Value v);
  std::string_view view() const { return {buffer_.get(), size_}; }
  std::string str() const { return std::string(view()); }

 private:
  friend class JsonRowShape;
  char* Reserve(size_t bytes);
  std::unique_ptr<char[]> buffer_;
  size_t size_ = 0;
  size_t capacity_ = 0;
  BadText bad_text_;
};

// The names of an output row's columns, escaped once.
class JsonRowShape {
 public:
  JsonRowShape() = default;
  explicit JsonRowShape(std::span<const std::string> names);
  // Appends {"name":value,…}; a column whose value is a BLOB is left out. `values` has one entry per name.
  void Write(JsonWriter& out, std::span<const Value> values) const;
  size_t size() const { return ends_.size(); }

 private:
  std::string prefixes_;       // `,"name":` of all columns, and room to read whole words at the end.
  std::vector<size_t> ends_;   // Where each ends.
};

// ---- Reading ----
// The input is untrusted: nesting deeper than limits::JsonDepthMax is malformed, nothing recurses, time is linear
// in the text (times the number of paths). As in SQLite the whole text must be well-formed (RFC 8259), text ends at
// an embedded NUL, and a number or blob is read as its text. Nothing allocates outside the arena.

enum class JsonStatus : uint8_t {
  Found,      // `value` is the answer.
  Missing,    // No such element: SQL NULL.
  Malformed,  // Not JSON, or nested too deeply: an error.
  NotObject,  // JSON, but not the object that is needed: an error.
  BadPath,    // A path that is neither `$…` nor legal: an error.
  Full,       // The arena's bound was reached: an error.
};
struct JsonResult {
  JsonStatus status = JsonStatus::Missing;
  Value value;
  bool is_error() const { return status > JsonStatus::Missing; }
};
// One lower-case sentence for an error status.
std::string_view Describe(JsonStatus status);

// `json -> key` (JSON text of the element, minified) and `json ->> key` (its SQL value; arrays and objects as text).
// An integer key indexes arrays, negative from the end; a text key starting with `$` is a path; `[n]` an index;
// any other text is the label itself, dots included (current SQLite; 3.40 splits it). NULL json or key: Missing.
JsonResult JsonArrow(Value json, Value key, Arena& arena);
JsonResult JsonArrowText(Value json, Value key, Arena& arena);
// json_extract with one path (which must start with `$`); arrays and objects are marked as JSON (Value::Json).
JsonResult JsonExtract(Value json, Value path, Arena& arena);
// The same as JSON text: one element of json_extract with several paths.
JsonResult JsonExtractText(Value json, Value path, Arena& arena);

// Number of elements at the path (whole text when NULL path is not given); 0 for what is not an array.
JsonResult JsonArrayLength(Value json, std::optional<Value> path, Arena& arena);
// 'null' 'true' 'false' 'integer' 'real' 'text' 'array' 'object'.
JsonResult JsonType(Value json, std::optional<Value> path, Arena& arena);
// Whether the text is JSON. Not for NULL.
bool JsonValid(Value json);
// The text without insignificant space (a view of the input when there is none).
JsonResult JsonMinify(Value json, Arena& arena);
// JSON array of an object's keys as they come; NotObject for other JSON.
JsonResult JsonKeys(Value json, Arena& arena, JsonWriter& scratch);

// Rows of json_each.
struct JsonEachRow {
  Value key;    // Text for members, Integer for elements, NULL for a scalar.
  Value value;  // As ->> gives it.
  Value type;   // Text.
  Value atom;   // `value` for scalars, NULL for arrays and objects.
};
// The elements of an array, the members of an object, or a scalar as one row; no rows for NULL. The text must
// outlive the iterator; unescaped text lives in the arena. The whole text is checked before the first row.
class JsonEach {
 public:
  JsonEach(Value json, Arena& arena);
  // False at the end and on errors; then status() is Missing or an error.
  bool Next(JsonEachRow& row);
  JsonStatus status() const { return status_; }

 private:
  Arena& arena_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  int64_t index_ = 0;
  enum class Shape : uint8_t { Done, Scalar, Array, Object } shape_ = Shape::Done;
  JsonStatus status_ = JsonStatus::Missing;
};

// `x IN (elements of json)`, three-valued as IN over json_each: unknown when json is NULL, or when there is no match and
// x or an element is null (but an empty array is simply false).
JsonResult InJson(Value x, Value json, Arena& arena);
// `a && b`: some non-null element is in both arrays; NULL when either is NULL. Cost |a|·|b| for small, sorted for large.
JsonResult Overlap(Value a, Value b, Arena& arena);

}  // namespace bulkhead::value
