// One scalar of the YAML, read as SQL.
#include <algorithm>

#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"
#include "compiler/source/scanner.h"
#include "compiler/syntax/syntax.h"
#include "runtime/base/limits.h"

namespace bulkhead::powersync {
namespace {

using source::PieceKind;
using source::ScannedPiece;

bool IsComment(PieceKind kind) {
  return kind == PieceKind::LineComment || kind == PieceKind::BlockComment;
}

// The next piece that is no comment.
ScannedPiece NextPiece(std::string_view text, uint32_t at) {
  ScannedPiece piece = source::ScanPiece(text, at);
  while (IsComment(piece.kind)) piece = source::ScanPiece(text, piece.end);
  return piece;
}

std::string_view TextOf(std::string_view text, const ScannedPiece& piece) {
  return text.substr(piece.begin, piece.end - piece.begin);
}

uint32_t FileOffset(const Node& node, uint32_t at) {
  auto next = std::upper_bound(node.mapping.begin(), node.mapping.end(), at,
                               [](uint32_t offset, const auto& entry) { return offset < entry.text; });
  if (next == node.mapping.begin()) return node.span.begin;
  return std::prev(next)->file + (at - std::prev(next)->text);
}

// Where an empty list of outputs stands: `SELECT WHERE …` asks only whether there is a row.
std::optional<uint32_t> EmptyList(std::string_view text) {
  ScannedPiece select = NextPiece(text, 0);
  if (source::Upper(TextOf(text, select)) != "SELECT") return std::nullopt;
  ScannedPiece next = NextPiece(text, select.end);
  std::string word = source::Upper(TextOf(text, next));
  bool empty = next.kind == PieceKind::End || word == "WHERE" || word == "FROM";
  return empty ? std::optional(select.end) : std::nullopt;
}

}  // namespace

std::optional<Sql> Reader::ReadSql(NodeId id) {
  if (!Text(id, "a query")) return std::nullopt;
  if (!WithinLimits(id)) return std::nullopt;
  const Node& node = At(id);
  if (!OneStatement(node)) return std::nullopt;
  sql_nodes_.push_back(&node);
  syntax::Piece piece{node.text, file_, node.mapping};
  if (auto at = config_.legacy() ? EmptyList(node.text) : std::nullopt) {
    constexpr std::string_view Inserted = " 1 AS \"?\" ";
    uint32_t behind = FileOffset(node, *at);
    auto next =
        std::find_if(piece.mapping.begin(), piece.mapping.end(), [&](auto& e) { return e.text >= *at; });
    for (auto entry = next; entry != piece.mapping.end(); ++entry) entry->text += Inserted.size();
    uint32_t width = static_cast<uint32_t>(Inserted.size());
    next = piece.mapping.insert(next, {*at + width, behind});
    piece.mapping.insert(next, {*at, std::max(behind, width) - width});
    piece.text = texts_.emplace_back(node.text).insert(*at, Inserted);
  }
  QueryId query = syntax::ParseQuery(tree_, piece, diagnostics_);
  if (!query.HasValue()) return std::nullopt;
  return Sql{query, &node};
}

// What aliases repeat is bounded lower: a small file of them must not become a large one. Reported once.
bool Reader::WithinLimits(NodeId id) {
  const size_t bytes = At(id).text.size() + 1;
  sql_bytes_ += bytes;
  if (!sql_read_.insert(id).second) aliased_bytes_ += bytes;
  const bool over_all = sql_bytes_ > limits::SourceFileBytesMax,
             over_aliased = aliased_bytes_ > limits::SourceFileBytesMax / 64;
  if (!over_all && !over_aliased) return true;
  if (!too_large_) WrongValue(id, "the SQL of this file, aliases spelled out,", "smaller");
  too_large_ = true;
  return false;
}

bool Reader::OneStatement(const Node& node) {
  for (uint32_t at = 0;;) {
    ScannedPiece piece = NextPiece(node.text, at);
    if (piece.kind == PieceKind::End) return true;
    at = piece.end;
    if (TextOf(node.text, piece) != ";") continue;
    ScannedPiece second = NextPiece(node.text, at);
    if (second.kind == PieceKind::End) return true;
    auto last = static_cast<uint32_t>(node.text.size());
    Report<DiagKind::SecondStatement>({file_, FileOffset(node, second.begin), FileOffset(node, last - 1) + 1})
        .Note("PowerSync reads the first statement and drops the rest without a word")
        .Help("make it an item of `queries` or of `data`");
    return false;
  }
}

// The SQL between two places of the file, as the scalar spells it.
std::string Reader::Written(const Node& node, Span span) const {
  auto offset = [&](uint32_t at) {
    uint32_t text = 0;
    for (const syntax::PieceMapping& entry : node.mapping) {
      if (entry.file > at) break;
      text = entry.text + (at - entry.file);
    }
    return std::min<size_t>(text, node.text.size());
  };
  size_t begin = offset(span.begin), end = offset(span.end - 1) + 1;
  return node.text.substr(begin, end > begin ? end - begin : 0);
}

// Edition 3 names an expression by its text; the others want an alias.
void Reader::NameOutputs(const Sql& sql, ast::Select& select) {
  for (ast::SelectItem& item : select.items) {
    auto* expr = std::get_if<ast::ExprItem>(&item.kind);
    if (!expr || expr->alias.HasValue()) continue;
    if (const auto* column = tree_.As<ast::ColumnExpr>(expr->expr)) {
      // What will be another expression keeps its name.
      bool rewritten =
          config_.legacy() && (column->table.HasValue() || column->column.text == "_table_suffix");
      if (rewritten) expr->alias = {column->column.text, column->column.span, true};
      continue;
    }
    if (config_.legacy()) {
      Report<DiagKind::ExpressionNeedsAlias>(item.span).Help("name it: … AS name");
      expr->alias = {"?", item.span, true};
      continue;
    }
    std::string name = Written(*sql.node, item.span);
    Report<DiagKind::NamedByText>(item.span, name).Help(fmt::format("name it: … AS name"));
    expr->alias = {std::move(name), item.span, true};
  }
}

}  // namespace bulkhead::powersync
