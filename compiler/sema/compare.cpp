#include "compiler/sema/binder.h"

namespace bulkhead::sema {

bool Binder::IsRow(ast::ExprId expr) const {
  const auto* row = tree_.As<ast::RowExpr>(expr);
  return row && row->items.size() != 1;
}

std::vector<ast::ExprId> Binder::RowItems(ast::ExprId expr) const {
  const auto* row = tree_.As<ast::RowExpr>(expr);
  return row ? row->items : std::vector<ast::ExprId>{expr};
}

ExprId Binder::BindComparison(std::string_view op, ast::ExprId lhs, ast::ExprId rhs, Span span,
                              const Scope& scope) {
  if (IsRow(lhs) || IsRow(rhs)) return BindRowComparison(op, lhs, rhs, span, scope);
  const bool is = op == "is" || op == "is_not";
  if (!is && !lenient_ && (tree_.As<ast::NullExpr>(lhs) || tree_.As<ast::NullExpr>(rhs))) {
    Report<DiagKind::ComparedWithNull>(span).Help(op == "<>" ? "write IS NOT NULL" : "write IS NULL");
    return Error(span);
  }
  ExprId left = BindExpr(lhs, scope);
  ExprId right = BindExpr(rhs, scope);
  return Compare(op, left, right, span);
}

// (a, b) = (c, d) is a = c AND b = d, also where NULLs are concerned.
ExprId Binder::BindRowComparison(std::string_view op, ast::ExprId lhs, ast::ExprId rhs, Span span,
                                 const Scope& scope) {
  const bool negated = op == "<>" || op == "is_not";
  if (op != "=" && op != "is" && !negated) {
    Report<DiagKind::NestedQueryUnsupported>(span, "ordering rows of values");
    return Error(span);
  }
  std::vector<ast::ExprId> left = RowItems(lhs), right = RowItems(rhs);
  if (left.size() != right.size()) {
    Report<DiagKind::ColumnCountMismatch>(span, Counted(right.size(), "value"), left.size());
    return Error(span);
  }
  std::vector<ExprId> parts;
  for (size_t i = 0; i < left.size(); ++i)
    parts.push_back(BindComparison(op, left[i], right[i], span, scope));
  return negated ? AnyOf(std::move(parts), span) : All(std::move(parts), span);
}

ExprId Binder::Compare(std::string_view op, ExprId lhs, ExprId rhs, Span span) {
  if (IsError(lhs) || IsError(rhs)) return Error(span);
  return CompareAs(ConversionOf(lhs, rhs), op, lhs, rhs, span);
}

ExprId Binder::CompareAs(Conversion conversion, std::string_view op, ExprId lhs, ExprId rhs, Span span) {
  if (IsError(lhs) || IsError(rhs)) return Error(span);
  CheckComparison(op, lhs, rhs, span);
  ExprId left = Convert(lhs, conversion);
  return Call(op, {left, Convert(rhs, conversion)}, span);
}

// SQLite's rule: between two operands that have an affinity, a numeric one wins, and otherwise nothing is
// converted; an operand without affinity takes the other's. Of collations a written one goes before a
// column's, then the left first.
Conversion Binder::ConversionOf(ExprId lhs, ExprId rhs) const {
  const NodeInfo& left = Info(lhs);
  const NodeInfo& right = Info(rhs);
  Conversion conversion;
  if (left.affinity == Affinity::None || right.affinity == Affinity::None) {
    conversion.affinity = left.affinity == Affinity::None ? right.affinity : left.affinity;
  } else if (left.affinity == Affinity::Numeric || right.affinity == Affinity::Numeric) {
    conversion.affinity = Affinity::Numeric;
  }
  if (conversion.affinity == Affinity::Blob) conversion.affinity = Affinity::None;
  Collation collation = left.collation;
  if (!left.collate_written && (right.collate_written || left.collation == Collation::None)) {
    collation = right.collation;
  }
  conversion.fold_nocase = collation == Collation::Nocase;
  return conversion;
}

ExprId Binder::Convert(ExprId operand, Conversion conversion) {
  operand = ApplyAffinity(operand, conversion.affinity);
  // Only text is folded.
  if (!conversion.fold_nocase || IsError(operand) || !(At(operand).facts.storage & storage::Text))
    return operand;
  return Call("fold_nocase", {operand}, At(operand).span);
}

ExprId Binder::AsColumn(ExprId output) {
  if (!output.HasValue() || IsError(output)) return output;
  NodeInfo info = Info(output);
  if (!info.collate_written && info.collation != Collation::None) return output;
  if (info.collation == Collation::None) info.collation = Collation::Binary;
  info.collate_written = false;
  return Add(At(output), info);
}

// Leaves out what cannot change the value.
ExprId Binder::ApplyAffinity(ExprId operand, Affinity affinity) {
  if (IsError(operand)) return operand;
  const uint8_t bits = At(operand).facts.storage;
  if (affinity == Affinity::Numeric && (bits & storage::Text)) {
    return Call("apply_numeric", {operand}, At(operand).span);
  }
  if (affinity == Affinity::Text && (bits & storage::Number))
    return Call("apply_text", {operand}, At(operand).span);
  return operand;
}

}  // namespace bulkhead::sema
