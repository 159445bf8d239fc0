#include "runtime/value/json_edit.h"

#include <algorithm>
#include <span>

#include "runtime/value/convert.h"
#include "runtime/value/json_element.h"
#include "runtime/value/json_path.h"

namespace bulkhead::value {
namespace {

JsonResult Kept(const JsonWriter& writer, Arena& arena) {
  std::string_view text = writer.view();
  if (text.size() > limits::ValueBytesMax) return {JsonStatus::Full, {}};
  std::string_view copy = arena.Copy(text);
  if (copy.data() == nullptr) return {JsonStatus::Full, {}};
  return {JsonStatus::Found, Value::Text(copy)};
}

// Where a path leads in a document.
struct Place {
  enum class Kind : uint8_t {
    Nowhere,   // Nothing is there and nothing can be put there.
    Element,   // `start` to `end`.
    Append,    // A new entry at `start`, before a closing bracket; `step` and what is left of the path say what.
    BadPath,
  } kind = Kind::Nowhere;
  size_t start = 0, end = 0;
  size_t entry = 0;  // Where the entry starts that holds the element: its label's quote, or the element itself.
  JsonStep step = {};
};

// After a label was not found: whether an entry can be put before the bracket that the scanner has just gone over.
Place AppendBefore(const JsonScanner& scanner, std::string_view json, const JsonStep& step) {
  Place place{Place::Kind::Append};
  place.start = static_cast<size_t>(scanner.at() - json.data()) - 1;
  place.step = step;
  return place;
}

// At an element; the scanner is after it then.
Place ElementAt(JsonScanner& scanner, std::string_view json, size_t entry) {
  Place place{Place::Kind::Element};
  place.start = static_cast<size_t>(scanner.at() - json.data());
  scanner.SkipValue();
  place.end = static_cast<size_t>(scanner.at() - json.data());
  place.entry = entry;
  return place;
}

// The start of the label before a value: text has no space, so the label ends two bytes before.
size_t EntryStart(std::string_view json, size_t value, const JsonStep& step) {
  if (step.kind != JsonStep::Kind::Label) return value;
  // Backwards over `"label":`. The opening quote is the first one from the end that no odd run of backslashes precedes.
  size_t at = value - 2;
  for (;;) {
    --at;
    if (json[at] != '"') continue;
    size_t slashes = 0;
    while (slashes < at && json[at - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) return at;
  }
}

Place Locate(std::string_view json, JsonPath& path) {
  JsonScanner scanner(json);
  size_t entry = 0;
  for (;;) {
    if (!path.Fits(scanner.Peek())) return {};
    JsonStep step;
    JsonPath::Next next = path.Take(step);
    if (next == JsonPath::Next::End) return ElementAt(scanner, json, entry);
    if (next == JsonPath::Next::Bad) return {Place::Kind::BadPath};
    bool array = step.kind != JsonStep::Kind::Label;
    if (scanner.Peek() != (array ? '[' : '{')) return {};
    uint64_t count = 0;
    if (array) CountElements(scanner, count);
    if (step.kind == JsonStep::Kind::IndexFromEnd) {
      if (step.index > count) return {};
      step = {JsonStep::Kind::Index, {}, false, count - step.index};
    }
    bool found;
    if (!FindElement(scanner, step, found)) return {};
    if (!found) return array && step.index != count ? Place{} : AppendBefore(scanner, json, step);
    entry = EntryStart(json, static_cast<size_t>(scanner.at() - json.data()), step);
  }
}

// The containers that a path needs around a new element. False for a mistake in the path; `none` when they cannot be made.
bool WriteAround(JsonStep step, JsonPath& path, Arena& arena, JsonWriter& out, JsonWriter& closing, bool& none) {
  for (;;) {
    if (step.kind == JsonStep::Kind::Label) {
      JsonResult label = Unescape(step.label, step.label_escaped, arena);
      if (label.is_error()) return false;
      out.Text(label.value.bytes());
      out.Raw(':');
    }
    std::string_view rest = path.rest();
    if (rest.empty()) return true;
    JsonPath::Next next = path.Take(step);
    if (next != JsonPath::Next::Step) return false;
    bool array = step.kind != JsonStep::Kind::Label;
    none = array && step.index != 0;
    if (none) return true;
    out.Raw(array ? '[' : '{');
    closing.Raw(array ? ']' : '}');
  }
}

JsonResult Appended(std::string_view json, const Place& place, JsonPath& path, std::string_view element, Arena& arena,
                    JsonWriter& out) {
  JsonWriter closing(JsonWriter::BadText::Keep);
  bool none = false;
  out.Raw(json.substr(0, place.start));
  char before = json[place.start - 1];
  if (before != '[' && before != '{') out.Raw(',');
  if (!WriteAround(place.step, path, arena, out, closing, none)) return {JsonStatus::BadPath, {}};
  if (none) return {JsonStatus::Found, Value::Text(json)};
  out.Raw(element);
  std::string_view brackets = closing.view();
  for (size_t i = brackets.size(); i-- > 0;) out.Raw(brackets[i]);
  out.Raw(json.substr(place.start));
  return Kept(out, arena);
}

JsonResult Removed(std::string_view json, const Place& place, Arena& arena, JsonWriter& out) {
  if (place.entry == 0 && place.start == 0) return {JsonStatus::Missing, {}};
  size_t start = place.entry, end = place.end;
  // One of the commas beside it goes too.
  if (json[end] == ',') ++end;
  else if (json[start - 1] == ',') --start;
  out.Raw(json.substr(0, start));
  out.Raw(json.substr(end));
  return Kept(out, arena);
}

}  // namespace

JsonResult EditJson(std::string_view json, Value path, JsonEdit edit, std::string_view element, Arena& arena,
                    JsonWriter& scratch) {
  JsonResult same{JsonStatus::Found, Value::Text(json)};
  std::string_view text = ToBytes(path, arena);
  if (text.empty() || text[0] != '$') return {JsonStatus::BadPath, {}};
  JsonPath steps = JsonPath::Of(text.substr(1));
  Place place = Locate(json, steps);
  scratch.Clear();
  switch (place.kind) {
    case Place::Kind::Nowhere: return same;
    case Place::Kind::BadPath: return {JsonStatus::BadPath, {}};
    case Place::Kind::Append:
      if (edit != JsonEdit::Insert && edit != JsonEdit::Set) return same;
      return Appended(json, place, steps, element, arena, scratch);
    case Place::Kind::Element: break;
  }
  if (edit == JsonEdit::Insert) return same;
  if (edit == JsonEdit::Remove) return Removed(json, place, arena, scratch);
  scratch.Raw(json.substr(0, place.start));
  scratch.Raw(element);
  scratch.Raw(json.substr(place.end));
  return Kept(scratch, arena);
}

// ---- Merging ----

namespace {

struct Member {
  std::string_view label;  // As written, quotes included.
  std::string_view name;   // What it says.
  std::string_view value;
};

class Merger {
 public:
  Merger(Arena& arena, JsonWriter& out) : arena_(arena), out_(out) {}

  // Recurses at most limits::JsonDepthMax deep, which the texts were checked for; frames are small.
  bool Merge(std::string_view target, std::string_view patch) {
    if (patch[0] != '{') {
      out_.Raw(patch);
      return true;
    }
    std::span<Member> ours, theirs;
    if (!ReadMembers(target[0] == '{' ? target : "{}", ours) || !ReadMembers(patch, theirs)) return false;
    std::span<uint32_t> order = Sorted(theirs);
    std::span<char> used = Flags(theirs.size());
    if (order.size() != theirs.size() || used.size() != theirs.size()) return false;
    bool first = true;
    out_.Raw('{');
    for (const Member& member : ours) {
      size_t at = FindName(theirs, order, member.name);
      bool patched = at < theirs.size() && !used[at];
      if (patched) used[at] = 1;
      if (patched && theirs[at].value == "null") continue;
      WriteLabel(member.label, first);
      if (!patched) out_.Raw(member.value);
      else if (!Merge(member.value, theirs[at].value)) return false;
    }
    for (size_t i = 0; i < theirs.size(); ++i) {
      if (used[FindName(theirs, order, theirs[i].name)] || theirs[i].value == "null") continue;
      if (FindName(theirs, order, theirs[i].name) != i) continue;  // A later one of the same name counts.
      WriteLabel(theirs[i].label, first);
      if (!Merge("null", theirs[i].value)) return false;
    }
    out_.Raw('}');
    return true;
  }

 private:
  void WriteLabel(std::string_view label, bool& first) {
    if (!first) out_.Raw(',');
    first = false;
    out_.Raw(label);
    out_.Raw(':');
  }
  template <typename T>
  std::span<T> Allocated(size_t count) {
    char* memory = arena_.Allocate(count * sizeof(T) + alignof(T));
    if (!memory) return {};
    uintptr_t address = (reinterpret_cast<uintptr_t>(memory) + alignof(T) - 1) & ~uintptr_t{alignof(T) - 1};
    return {reinterpret_cast<T*>(address), count};
  }

  bool ReadMembers(std::string_view object, std::span<Member>& members) {
    size_t count = 0;
    if (!ForEach(object, [&](const JsonSpan&, const JsonSpan&) { ++count; return true; })) return false;
    members = Allocated<Member>(count);
    if (members.size() != count) return false;
    size_t at = 0;
    return ForEach(object, [&](const JsonSpan& label, const JsonSpan& value) {
      JsonResult name = Unescape(label.text.substr(1, label.text.size() - 2), label.escaped, arena_);
      members[at++] = {label.text, name.value.bytes(), value.text};
      return !name.is_error();
    });
  }
  template <typename Visit>
  bool ForEach(std::string_view object, Visit visit) {
    JsonScanner scanner(object);
    if (!scanner.Enter()) return false;
    for (bool first = true;; first = false) {
      bool more;
      JsonSpan label, value;
      if (!scanner.NextEntry(first, more)) return false;
      if (!more) return true;
      if (!scanner.ReadLabel(label) || !scanner.ReadValue(value) || !visit(label, value)) return false;
    }
  }
  // Positions by name, the last of equal names first.
  std::span<uint32_t> Sorted(std::span<const Member> members) {
    std::span<uint32_t> order = Allocated<uint32_t>(members.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      int names = members[a].name.compare(members[b].name);
      return names != 0 ? names < 0 : a > b;
    });
    return order;
  }
  std::span<char> Flags(size_t count) {
    std::span<char> flags = Allocated<char>(count);
    std::fill(flags.begin(), flags.end(), 0);
    return flags;
  }
  // The position of the last member of that name; their number when there is none.
  static size_t FindName(std::span<const Member> members, std::span<const uint32_t> order, std::string_view name) {
    auto less = [&](uint32_t at, std::string_view wanted) { return members[at].name < wanted; };
    auto found = std::lower_bound(order.begin(), order.end(), name, less);
    return found != order.end() && members[*found].name == name ? *found : members.size();
  }

  Arena& arena_;
  JsonWriter& out_;
};

}  // namespace

JsonResult MergeJson(std::string_view target, std::string_view patch, Arena& arena, JsonWriter& scratch) {
  scratch.Clear();
  if (!Merger(arena, scratch).Merge(target, patch)) return {JsonStatus::Full, {}};
  return Kept(scratch, arena);
}

JsonResult PrettyJson(std::string_view json, std::string_view indent, Arena& arena, JsonWriter& scratch) {
  scratch.Clear();
  size_t depth = 0;
  auto new_line = [&] {
    scratch.Raw('\n');
    for (size_t i = 0; i < depth; ++i) scratch.Raw(indent);
  };
  bool in_string = false;
  for (size_t i = 0; i < json.size() && scratch.view().size() <= limits::ValueBytesMax; ++i) {
    char c = json[i];
    bool closes = !in_string && (c == ']' || c == '}');
    if (closes) --depth;
    if (closes && json[i - 1] != '[' && json[i - 1] != '{') new_line();
    scratch.Raw(c);
    if (in_string && c == '\\') scratch.Raw(json[++i]);
    else if (c == '"') in_string = !in_string;
    if (in_string) continue;
    if (c == ':') scratch.Raw(' ');
    if (c == '[' || c == '{') ++depth;
    bool opens = (c == '[' || c == '{') && json[i + 1] != ']' && json[i + 1] != '}';
    if (opens || c == ',') new_line();
  }
  return Kept(scratch, arena);
}

}  // namespace bulkhead::value
