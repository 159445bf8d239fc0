#include "compiler/ast/sexpr.h"

#include <fmt/format.h>

namespace bulkhead::ast {
namespace {

// The length on one line, or more than `limit` as soon as that is certain.
size_t FlatLength(const Sexpr& node, size_t limit) {
  if (!node.IsList()) return node.atom.size();
  size_t length = 1 + node.items.size();
  for (const Sexpr& item : node.items) {
    if (length > limit) break;
    length += FlatLength(item, limit - length);
  }
  return length;
}

void AppendFlat(std::string& out, const Sexpr& node) {
  if (!node.IsList()) {
    out += node.atom;
    return;
  }
  out += '(';
  for (size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) out += ' ';
    AppendFlat(out, node.items[i]);
  }
  out += ')';
}

void Append(std::string& out, const Sexpr& node, size_t indent, size_t width) {
  size_t room = indent < width ? width - indent : 0;
  if (FlatLength(node, room) <= room || !node.IsList()) return AppendFlat(out, node);
  out += '(';
  bool broken = false;
  for (size_t i = 0; i < node.items.size(); ++i) {
    broken |= i > 0 && node.items[i].IsList();
    if (broken) {
      out += '\n';
      out.append(indent + 2, ' ');
    } else if (i > 0) {
      out += ' ';
    }
    Append(out, node.items[i], indent + 2, width);
  }
  out += ')';
}

}  // namespace

std::string Layout(const Sexpr& root, size_t width) {
  std::string out;
  Append(out, root, 0, width);
  return out;
}

std::string QuoteAtom(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += "''";
    else if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) out += fmt::format("\\x{:02x}", c);
    else out += c;
  }
  return out + "'";
}

}  // namespace bulkhead::ast
