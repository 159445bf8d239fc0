#include "compiler/ast/line_writer.h"

#include <algorithm>

#include "compiler/source/width.h"

namespace bulkhead::ast {
namespace {

// Beyond this column a group begins a line of its own rather than squeeze what is inside it against the margin.
constexpr size_t GroupColumnMax = 60;
// SELECT's length: the other clauses end in the same column.
constexpr size_t River = 6;
constexpr size_t Never = 1'000'000;

using Nodes = LineWriter::Nodes;

size_t Columns(std::string_view text) { return source::TextColumns(text); }

bool IsOneOf(const FormatNode& node, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return node.Is(word); });
}

bool StartsClause(Nodes nodes, size_t i) {
  if (nodes[i].Is("FROM")) return i == 0 || !nodes[i - 1].Is("DISTINCT") || i == 1 || !IsOneOf(nodes[i - 2], {"IS", "NOT"});
  if (nodes[i].Is("WITH") || nodes[i].Is("VALUES")) return i == 0;
  return IsOneOf(nodes[i], {"SELECT", "INTO", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "UNION",
                            "EXCEPT", "INTERSECT"});
}

// Words of a clause before its content.
size_t HeadLength(Nodes nodes) {
  size_t length = 1;
  if (nodes.size() > 1 && IsOneOf(nodes[1], {"BY", "DISTINCT", "ALL", "RECURSIVE"})) length = 2;
  return length;
}

// The places of the top-level AND or OR that split a condition, or none. BETWEEN has an AND of its own.
std::vector<size_t> Separators(Nodes nodes) {
  std::vector<size_t> ors, ands;
  size_t betweens = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].Is("BETWEEN")) ++betweens;
    if (nodes[i].Is("OR")) ors.push_back(i);
    if (nodes[i].Is("AND")) {
      if (betweens > 0) --betweens;
      else ands.push_back(i);
    }
  }
  return ors.empty() ? ands : ors;
}

bool HasComma(Nodes nodes) {
  return std::any_of(nodes.begin(), nodes.end(), [](const FormatNode& node) { return node.word.kind == WordKind::Comma; });
}

const FormatNode* FirstWord(Nodes nodes) {
  for (const FormatNode& node : nodes)
    if (!node.IsComment()) return &node;
  return nullptr;
}

const FormatWord& LastWord(const FormatNode& node) { return node.group ? node.close : node.word; }

void AddFlat(const FormatNode& node, size_t& columns, FormatWord& before_last, FormatWord& last) {
  auto add = [&](const FormatWord& word) {
    if (word.text.empty()) return;
    columns += (SpaceBetween(last, before_last, word) ? 1 : 0) + Columns(word.text) + (word.breaks ? Never : 0);
    before_last = std::exchange(last, word);
  };
  add(node.word);
  for (const FormatNode& inner : node.inside) {
    if (columns > Never) return;
    AddFlat(inner, columns, before_last, last);
  }
  if (node.group) add(node.close);
}

}  // namespace

size_t LineWriter::FlatColumns(Nodes nodes, FormatWord before) {
  size_t columns = 0;
  FormatWord before_last;
  for (const FormatNode& node : nodes) {
    if (columns > Never) break;
    AddFlat(node, columns, before_last, before);
  }
  return columns;
}

bool LineWriter::Fits(Nodes nodes, size_t tail) const {
  return column_ + FlatColumns(nodes, fresh_ ? FormatWord{} : last_) + tail <= FormatColumnsMax;
}

// ---- Words and lines -----------------------------------------------------------------------------------------------

void LineWriter::NewLine(size_t indent) {
  must_break_ = false;
  if (!fresh_) out_ += '\n';
  fresh_ = true;
  column_ = line_indent_ = indent;
}

void LineWriter::BlankLine() {
  NewLine(0);
  if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
}

void LineWriter::Comment(const FormatWord& word) {
  if (word.own_line && !fresh_) NewLine(break_indent_);
  if (fresh_) out_.append(column_, ' ');
  std::string space = fresh_ ? "" : word.breaks ? "  " : " ";
  out_ += space + word.text;
  column_ += space.size() + Columns(word.text);
  fresh_ = false;
  must_break_ = word.breaks;
}

void LineWriter::Word(const FormatWord& word) {
  if (word.text.empty()) return;
  if (must_break_ && !(word.kind == WordKind::Comment && !word.own_line)) NewLine(break_indent_);
  if (word.kind == WordKind::Comment) {
    Comment(word);
  } else {
    bool space = !fresh_ && SpaceBetween(last_, before_last_, word);
    if (fresh_) out_.append(column_, ' ');
    size_t spaces = (space ? 1 : 0) + pad_;
    out_.append(spaces, ' ');
    out_ += word.text;
    column_ += spaces + Columns(word.text);
    fresh_ = false;
  }
  pad_ = 0;
  before_last_ = std::exchange(last_, word);
}

void LineWriter::Verbatim(std::string_view text) {
  NewLine(0);
  out_ += text;
  fresh_ = false;
  last_ = {WordKind::Name, "x"};
  size_t line = text.rfind('\n');
  column_ = Columns(text.substr(line == std::string_view::npos ? 0 : line + 1));
}

std::string LineWriter::Take() {
  NewLine(0);
  while (out_.ends_with("\n\n")) out_.pop_back();
  return std::move(out_);
}

// ---- Layouts -------------------------------------------------------------------------------------------------------

void LineWriter::Flat(const FormatNode& node) {
  Word(node.word);
  if (!node.group) return;
  Flat(node.inside);
  Word(node.close);
}

void LineWriter::Flat(Nodes nodes) {
  for (const FormatNode& node : nodes) Flat(node);
}

void LineWriter::Sequence(Nodes nodes, size_t indent, size_t tail) {
  break_indent_ = indent;
  const FormatNode* first = FirstWord(nodes);
  if (first == nullptr || Fits(nodes, tail)) return Flat(nodes);
  if (IsOneOf(*first, {"SELECT", "WITH", "VALUES"})) return Query(nodes, tail);
  if (!Separators(nodes).empty()) return Logical(nodes, indent, Never, tail);
  if (HasComma(nodes)) return Commas(nodes, indent, tail);
  Fill(nodes, indent, tail);
}

void LineWriter::Fill(Nodes nodes, size_t indent, size_t tail) {
  break_indent_ = indent;
  for (size_t i = 0; i < nodes.size();) {
    // Words without a space between them stay together.
    size_t end = i + 1;
    while (end < nodes.size() && !SpaceBetween(LastWord(nodes[end - 1]), {}, nodes[end].word)) ++end;
    Nodes chunk = nodes.subspan(i, end - i);
    size_t rest = end == nodes.size() ? tail : 0;
    bool comment = nodes[i].IsComment();
    if (!comment && !Fits(chunk, rest) && !fresh_) {
      bool fits_alone = indent + FlatColumns(chunk) + rest <= FormatColumnsMax;
      if (column_ > indent && (fits_alone || column_ > GroupColumnMax)) NewLine(indent);
    }
    if (Fits(chunk, rest)) {
      Flat(chunk);
    } else {
      for (const FormatNode& node : chunk) {
        if (node.group) Group(node, rest + (chunk.size() > 1 ? 1 : 0));
        else Word(node.word);
        break_indent_ = indent;
      }
    }
    i = end;
  }
}

void LineWriter::Group(const FormatNode& node, size_t tail) {
  if (node.word.kind == WordKind::Keyword) return Case(node, tail);
  Word(node.word);
  size_t inner = column_;
  if (inner > GroupColumnMax && FlatColumns(node.inside) + inner > FormatColumnsMax) {
    inner = line_indent_ + 4;
    NewLine(inner);
  }
  Sequence(node.inside, inner, tail + 1);
  break_indent_ = inner;
  Word(node.close);
}

// CASE with each WHEN on a line of its own.
void LineWriter::Case(const FormatNode& node, size_t tail) {
  Word(node.word);
  size_t start = column_ - 4;
  size_t from = 0;
  for (size_t i = 0; i <= node.inside.size(); ++i) {
    bool arm = i == node.inside.size() || IsOneOf(node.inside[i], {"WHEN", "ELSE"});
    if (!arm || i == 0) continue;
    if (from > 0 || IsOneOf(node.inside[0], {"WHEN"})) NewLine(start + 2);
    Fill(Nodes(node.inside).subspan(from, i - from), start + 4);
    from = i;
  }
  NewLine(start);
  Word(node.close);
  (void)tail;
}

void LineWriter::Query(Nodes nodes, size_t tail) {
  // A space may still be owed to the word before.
  size_t indent = column_ + (!fresh_ && SpaceBetween(last_, before_last_, nodes[0].word) ? 1 : 0);
  size_t from = 0;
  for (size_t i = 1; i <= nodes.size(); ++i) {
    if (i < nodes.size() && !StartsClause(nodes, i)) continue;
    Nodes clause = nodes.subspan(from, i - from);
    bool set = IsOneOf(clause[0], {"SELECT", "WITH", "VALUES", "UNION", "EXCEPT", "INTERSECT"}) || clause[0].IsComment();
    size_t length = clause[0].word.text.size();
    if (from > 0) NewLine(set || length >= River ? indent : indent + River - length);
    Clause(clause, indent, i == nodes.size() ? tail : 0);
    from = i;
  }
}

void LineWriter::Clause(Nodes nodes, size_t indent, size_t tail) {
  size_t head = std::min(HeadLength(nodes), nodes.size());
  Flat(nodes.first(head));
  Nodes content = nodes.subspan(head);
  size_t inner = column_ + 1;
  break_indent_ = inner;
  if (Fits(content, tail)) return Flat(content);
  if (nodes[0].Is("FROM")) return From(content, inner, tail);
  if (IsOneOf(nodes[0], {"WHERE", "HAVING"})) return Logical(content, inner, indent + River, tail);
  if (HasComma(content)) return Commas(content, inner, tail);
  Fill(content, inner, tail);
}

// Each join on a line of its own.
void LineWriter::From(Nodes nodes, size_t indent, size_t tail) {
  size_t from = 0;
  bool in_join = false;
  for (size_t i = 0; i <= nodes.size(); ++i) {
    bool join = i < nodes.size() && IsOneOf(nodes[i], {"JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "NATURAL"});
    // Only the first word of LEFT OUTER JOIN begins a line.
    bool starts = join && !in_join;
    in_join = join || (in_join && i < nodes.size() && nodes[i].Is("OUTER"));
    if (i < nodes.size() && nodes[i].Is("JOIN")) in_join = false;
    if (i < nodes.size() && (!starts || i == 0)) continue;
    if (from > 0) NewLine(indent);
    Sequence(nodes.subspan(from, i - from), indent, i == nodes.size() ? tail : 0);
    from = i;
  }
}

void LineWriter::Logical(Nodes nodes, size_t indent, size_t separator_end, size_t tail) {
  std::vector<size_t> separators = Separators(nodes);
  if (separators.empty()) return HasComma(nodes) ? Commas(nodes, indent, tail) : Fill(nodes, indent, tail);
  size_t from = 0;
  for (size_t i = 0; i <= separators.size(); ++i) {
    size_t end = i < separators.size() ? separators[i] : nodes.size();
    if (from > 0) {
      const FormatWord& separator = nodes[from - 1].word;
      size_t length = separator.text.size();
      NewLine(separator_end > indent || separator_end < length ? indent : std::max(separator_end - length, size_t{0}));
      Word(separator);
    }
    Nodes arm = nodes.subspan(from, end - from);
    size_t inner = fresh_ ? column_ : from > 0 ? column_ + 1 : indent;
    break_indent_ = inner;
    size_t rest = end == nodes.size() ? tail : 0;
    if (Fits(arm, rest)) Flat(arm);
    else if (!Separators(arm).empty()) Logical(arm, inner, Never, rest);
    else Fill(arm, inner, rest);
    from = end + 1;
  }
}

void LineWriter::Commas(Nodes nodes, size_t indent, size_t tail) {
  size_t from = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    bool last = i + 1 == nodes.size();
    if (nodes[i].word.kind != WordKind::Comma && !last) continue;
    // A comment at the end of the comma's line belongs to what it follows.
    while (i + 1 < nodes.size() && nodes[i + 1].IsComment() && !nodes[i + 1].word.own_line) ++i;
    Nodes element = nodes.subspan(from, i + 1 - from);
    size_t rest = i + 1 == nodes.size() ? tail : 0;
    break_indent_ = indent;
    if (!Fits(element, rest) && !fresh_ && column_ > indent && from > 0) NewLine(indent);
    if (Fits(element, rest)) Flat(element);
    else Fill(element, indent + (from > 0 || fresh_ ? 2 : 0), rest);
    from = i + 1;
  }
}

}  // namespace bulkhead::ast
