#include "compiler/ast/format.h"

#include <algorithm>

#include "compiler/ast/line_writer.h"
#include "compiler/source/width.h"

namespace bulkhead::ast {
namespace {

using Nodes = LineWriter::Nodes;

constexpr size_t Indent = 2;

class FileFormatter {
 public:
  FileFormatter(const source::Sources& sources, const File& file)
      : text_(sources[file.source].text), file_(file) {}

  std::string Run() {
    uint32_t at = 0;
    for (const Statement& statement : file_.statements) {
      for (const Comment& comment : statement.comments)
        if (comment.span.begin < statement.span.begin) at = Between(at, comment);
      Separate(at, statement.span.begin);
      writer_.NewLine(0);
      Write(statement);
      at = AfterSemicolon(statement.span.end);
    }
    for (const Comment& comment : file_.trailing_comments) at = Between(at, comment);
    return writer_.Take();
  }

 private:
  // A blank line where the author left one or more; none before the first line.
  void Separate(uint32_t from, uint32_t to) {
    auto gap = text_.substr(from, to - from);
    if (from > 0 && std::count(gap.begin(), gap.end(), '\n') > 1) writer_.BlankLine();
  }

  // Writes a comment that stands between statements; returns where it ends.
  uint32_t Between(uint32_t at, const Comment& comment) {
    std::string_view text = text_.substr(comment.span.begin, comment.span.end - comment.span.begin);
    while (text.ends_with('\r') || text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    auto gap = text_.substr(at, comment.span.begin - at);
    bool own_line = at == 0 || gap.find('\n') != std::string_view::npos;
    if (own_line) {
      Separate(at, comment.span.begin);
      writer_.NewLine(0);
    }
    writer_.Word({WordKind::Comment, std::string(text), false, own_line, true});
    return comment.span.end;
  }

  uint32_t AfterSemicolon(uint32_t at) const {
    size_t semicolon = text_.find_first_not_of(" \t\r\n\f\v", at);
    bool found = semicolon != std::string_view::npos && text_[semicolon] == ';';
    return found ? static_cast<uint32_t>(semicolon + 1) : at;
  }

  void Write(const Statement& statement) {
    bool verbatim = std::holds_alternative<Broken>(statement.kind) ||
                    std::holds_alternative<CreateRawFunction>(statement.kind);
    if (verbatim) {
      writer_.Verbatim(text_.substr(statement.span.begin, statement.span.end - statement.span.begin));
      if (AfterSemicolon(statement.span.end) > statement.span.end) writer_.Word({WordKind::Semicolon, ";"});
      return;
    }
    FormatNodes nodes = ReadWords(text_, statement.span.begin, statement.span.end, statement.keywords);
    Layout(statement, nodes);
    writer_.Word({WordKind::Semicolon, ";"});
  }

  void Layout(const Statement& statement, Nodes nodes) {
    if (std::holds_alternative<CreateStream>(statement.kind)) return Body(nodes, true);
    if (std::holds_alternative<CreateTest>(statement.kind)) return Body(nodes, true);
    if (std::holds_alternative<CreateTenant>(statement.kind)) return Tenant(nodes);
    bool elements = std::holds_alternative<CreateTable>(statement.kind) ||
                    std::holds_alternative<CreatePrincipal>(statement.kind);
    if (elements) return Elements(nodes);
    if (writer_.Fits(nodes, 1)) return writer_.Flat(nodes);
    bool body = std::holds_alternative<CreateView>(statement.kind) || std::holds_alternative<CreateFunction>(statement.kind);
    if (body) return Body(nodes, false);
    if (std::holds_alternative<CreatePolicy>(statement.kind)) return Policy(nodes);
    writer_.Fill(nodes, Indent, 1);
  }

  // … AS on the first line, the query or block below.
  void Body(Nodes nodes, bool block) {
    size_t as = 0;
    while (as < nodes.size() && !nodes[as].Is("AS")) ++as;
    if (as == nodes.size()) return writer_.Fill(nodes, Indent, 1);
    writer_.Fill(nodes.first(as + 1), 2 * Indent);
    Nodes body = nodes.subspan(as + 1);
    if (block && !body.empty() && body[0].Is("BEGIN")) return Block(body);
    writer_.NewLine(Indent);
    writer_.Sequence(body, Indent, 1);
  }

  void Block(Nodes nodes) {
    writer_.NewLine(0);
    writer_.Word(nodes[0].word);
    size_t from = 1;
    size_t last = nodes.size() - 1;
    for (size_t i = 1; i <= last; ++i) {
      if (nodes[i].word.kind != WordKind::Semicolon && i != last) continue;
      // A comment at the end of the line belongs to the item before it.
      size_t end = i;
      while (from < end && nodes[from].IsComment() && !nodes[from].word.own_line) writer_.Word(nodes[from++].word);
      if (from < end) Item(nodes.subspan(from, end - from));
      if (i != last) writer_.Word(nodes[i].word);
      else if (end > from) writer_.Word({WordKind::Semicolon, ";"});
      from = i + 1;
    }
    writer_.NewLine(0);
    writer_.Word(nodes[last].word);
  }

  void Item(Nodes nodes) {
    while (!nodes.empty() && nodes[0].IsComment() && nodes[0].word.breaks) {
      writer_.NewLine(Indent);
      writer_.Word(nodes[0].word);
      nodes = nodes.subspan(1);
    }
    if (nodes.empty()) return;
    writer_.NewLine(Indent);
    bool query = nodes[0].Is("SELECT") || nodes[0].Is("WITH") || nodes[0].Is("VALUES");
    if (query) writer_.Sequence(nodes, Indent, 1);
    else Step(nodes);
  }

  // The rows of an INSERT or EXPECT stand below it; so do the subscriptions of a CONNECT, with their keyword.
  void Step(Nodes nodes) {
    if (writer_.Fits(nodes, 1)) return writer_.Flat(nodes);
    size_t list = 1;
    while (list < nodes.size() && !nodes[list].Is("VALUES") && !nodes[list].Is("SUBSCRIBE")) ++list;
    if (list == nodes.size()) return writer_.Fill(nodes, 2 * Indent, 1);
    bool rows = nodes[list].Is("VALUES");
    size_t from = list + rows;
    while (rows && from < nodes.size() && nodes[from].IsComment() && !nodes[from].word.own_line) ++from;
    writer_.Fill(nodes.first(from), 2 * Indent);
    writer_.NewLine(2 * Indent);
    if (!rows) writer_.Word(nodes[from++].word);
    writer_.Commas(nodes.subspan(from), writer_.column() + !rows, 1);
  }

  void Tenant(Nodes nodes) {
    size_t visible = 0;
    while (visible < nodes.size() && !nodes[visible].Is("VISIBLE")) ++visible;
    writer_.Fill(nodes.first(visible), Indent);
    writer_.NewLine(Indent);
    writer_.Fill(nodes.subspan(visible), 2 * Indent, 1);
  }

  // FOR, TO, USING and WITH CHECK on lines of their own.
  void Policy(Nodes nodes) {
    size_t from = 0;
    for (size_t i = 1; i <= nodes.size(); ++i) {
      bool clause = i < nodes.size() && (nodes[i].Is("USING") || nodes[i].Is("WITH"));
      if (i < nodes.size() && !clause) continue;
      if (from > 0) writer_.NewLine(Indent);
      writer_.Fill(nodes.subspan(from, i - from), 2 * Indent, i == nodes.size() ? 1 : 0);
      from = i;
    }
  }

  // One column or constraint a line, the types of columns under each other.
  void Elements(Nodes nodes) {
    size_t list = 0;
    while (list < nodes.size() && !nodes[list].group) ++list;
    bool single = list < nodes.size() && !HasComma(nodes[list].inside) && writer_.Fits(nodes, 1);
    if (list == nodes.size() || single) return writer_.Fill(nodes, Indent, 1);
    writer_.Fill(nodes.first(list), Indent);
    writer_.Word(nodes[list].word);
    Nodes inside = nodes[list].inside;
    size_t width = NameWidth(inside);
    for (size_t from = 0; from < inside.size();) {
      size_t end = from;
      while (end < inside.size() && inside[end].word.kind != WordKind::Comma) ++end;
      size_t next = std::min(end + 1, inside.size());
      while (next < inside.size() && inside[next].IsComment() && !inside[next].word.own_line) ++next;
      Element(inside.subspan(from, next - from), width);
      from = next;
    }
    writer_.NewLine(0);
    writer_.Word(nodes[list].close);
    writer_.Fill(nodes.subspan(list + 1), Indent, 1);
  }

  static bool HasComma(Nodes nodes) {
    return std::any_of(nodes.begin(), nodes.end(), [](const FormatNode& n) { return n.word.kind == WordKind::Comma; });
  }

  static bool IsColumn(Nodes element) {
    return element.size() > 1 && element[0].word.kind == WordKind::Name && !element[0].group &&
           element[1].word.kind != WordKind::Comma && !element[1].IsComment();
  }

  static size_t NameWidth(Nodes inside) {
    size_t width = 0;
    bool start = true;
    for (size_t i = 0; i < inside.size(); ++i) {
      if (inside[i].IsComment()) continue;
      if (start && IsColumn(inside.subspan(i))) width = std::max(width, source::TextColumns(inside[i].word.text));
      start = inside[i].word.kind == WordKind::Comma;
    }
    return width;
  }

  void Element(Nodes element, size_t width) {
    while (!element.empty() && element[0].IsComment()) {
      writer_.NewLine(Indent);
      writer_.Word(element[0].word);
      element = element.subspan(1);
    }
    if (element.empty()) return;
    writer_.NewLine(Indent);
    if (IsColumn(element)) {
      writer_.Word(element[0].word);
      writer_.Pad(width - std::min(width, source::TextColumns(element[0].word.text)));
      element = element.subspan(1);
    }
    writer_.Fill(element, 2 * Indent, 0);
  }

  std::string_view text_;
  const File& file_;
  LineWriter writer_;
};

}  // namespace

std::string Format(const Tree&, const source::Sources& sources, const File& file) {
  return FileFormatter(sources, file).Run();
}

}  // namespace bulkhead::ast
