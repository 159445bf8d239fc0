#include <algorithm>
#include <charconv>

#include "compiler/powersync/reader.h"

namespace bulkhead::powersync {

bool Reader::Fields(NodeId map, std::string_view what, std::initializer_list<Field> fields) {
  const Node& node = At(map);
  if (node.kind != Node::Kind::Map) {
    WrongValue(map, what, "a map");
    return false;
  }
  for (const Node::Entry& entry : node.entries) {
    const Node& key = At(entry.key);
    auto field =
        std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.key == key.text; });
    if (field != fields.end() && key.kind == Node::Kind::Scalar) {
      *field->value = entry.value;
      if (field->key_node) *field->key_node = entry.key;
      continue;
    }
    auto& report = Report<DiagKind::UnknownKey>(key.span, key.text, what);
    std::vector<std::string_view> known;
    for (const Field& f : fields) known.push_back(f.key);
    std::string_view near = source::Nearest(key.text, known);
    if (!near.empty()) report.Help(fmt::format("did you mean `{}`?", near));
  }
  return true;
}

void Reader::WrongValue(NodeId node, std::string_view what, std::string_view wanted) {
  Span span = At(node).span;
  if (span.end == span.begin && span.begin > 0) --span.begin;
  Report<DiagKind::WrongValue>(span, what, wanted);
}

std::optional<std::string_view> Reader::Text(NodeId id, std::string_view what) {
  const Node& node = At(id);
  if (node.kind == Node::Kind::Scalar) return node.text;
  WrongValue(id, what, "text");
  return std::nullopt;
}

// As YAML 1.2 core has it: `yes` and `on` are text.
std::optional<bool> Reader::Flag(NodeId id, std::string_view what) {
  const Node& node = At(id);
  if (node.plain && (node.text == "true" || node.text == "True" || node.text == "TRUE")) return true;
  if (node.plain && (node.text == "false" || node.text == "False" || node.text == "FALSE")) return false;
  WrongValue(id, what, "true or false");
  return std::nullopt;
}

bool Reader::FlagOr(NodeId node, std::string_view what, bool otherwise) {
  return node.HasValue() ? Flag(node, what).value_or(otherwise) : otherwise;
}

std::optional<int64_t> Reader::Integer(NodeId id) {
  const Node& node = At(id);
  if (!node.plain) return std::nullopt;
  std::string_view digits = node.text;
  int base = digits.starts_with("0x") ? 16 : digits.starts_with("0o") ? 8 : 10;
  if (base != 10) digits.remove_prefix(2);
  if (base == 10 && digits.starts_with("+")) digits.remove_prefix(1);
  int64_t value = 0;
  auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

std::optional<ast::Priority> Reader::PriorityOf(NodeId node) {
  if (!node.HasValue()) return std::nullopt;
  auto value = Integer(node);
  if (value && *value >= 0 && *value <= 3) return ast::Priority{*value, At(node).span};
  WrongValue(node, "`priority`", "0, 1, 2 or 3");
  return std::nullopt;
}

std::vector<NodeId> Reader::List(NodeId id, std::string_view what, bool single_too) {
  const Node& node = At(id);
  if (node.kind == Node::Kind::List) return node.items;
  if (single_too && node.kind == Node::Kind::Scalar) return {id};
  WrongValue(id, what, "a list");
  return {};
}

Span Reader::EntrySpan(NodeId key, NodeId value) const {
  Span span = At(key).span;
  const Span rest = At(value).span;
  if (rest.begin >= span.begin) span.end = std::max(span.end, rest.end);
  return span;
}

ast::Name Reader::NameOf(NodeId key) const {
  return {At(key).text, At(key).span, true};
}

bool Reader::IsName(NodeId key) {
  if (At(key).kind == Node::Kind::Scalar && !At(key).text.empty()) return true;
  WrongValue(key, "a name", "text");
  return false;
}

}  // namespace bulkhead::powersync
