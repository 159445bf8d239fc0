#include <algorithm>

#include "compiler/ir/print.h"
#include "compiler/schema/schema.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {
namespace {

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (i == 8 || i == 13 || i == 18 || i == 23 ? c != '-' : !hex) return false;
  }
  return true;
}

// Storage classes in which values of a declared type arrive, whatever the source: PostgreSQL's types are
// mapped, SQLite's are suggestions.
uint8_t Arriving(TypeKind kind) {
  switch (kind) {
    case TypeKind::Any:
      return storage::Any & ~storage::Null;
    case TypeKind::Integer:
    case TypeKind::Real:
    case TypeKind::Boolean:
      return storage::Number;
    case TypeKind::Numeric:
    case TypeKind::Timestamp:
    case TypeKind::Date:
    case TypeKind::Time:
    case TypeKind::Interval:
    case TypeKind::Json:
      return storage::Number | storage::Text;
    case TypeKind::Text:
    case TypeKind::Uuid:
    case TypeKind::Blob:
    case TypeKind::Geometry:
      return storage::Text | storage::Blob;
    case TypeKind::Enum:
    case TypeKind::Array:
      return storage::Text;
  }
  return storage::Any;
}

bool IsMoment(TypeKind kind) {
  return kind == TypeKind::Timestamp || kind == TypeKind::Date || kind == TypeKind::Time;
}

// As far as it goes: 2026-01-31… or 12:00….
bool BeginsLikeMoment(TypeKind kind, std::string_view text) {
  const std::string_view form = kind == TypeKind::Time ? "00:00" : "0000-00-00";
  if (text.size() < form.size() && text.size() != 4 && text.size() != 7) return false;  // a year, a month
  for (size_t i = 0; i < std::min(form.size(), text.size()); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (form[i] == '0' ? !digit : text[i] != form[i]) return false;
  }
  return true;
}

std::string StorageText(uint8_t bits) {
  bits &= ~storage::Null;
  if (bits == storage::Integer) return "an integer";
  if (bits == storage::Real) return "a real";
  if (bits == storage::Number) return "a number";
  if (bits == storage::Text) return "text";
  if (bits == storage::Blob) return "a blob";
  return "a value";
}

std::string TypeText(const schema::Type& type) {
  return type.spelling.empty() ? std::string(schema::TypeKindName(type.kind)) : type.spelling;
}

}  // namespace

std::string Binder::Describe(ExprId id) const {
  const ir::Expr& expr = At(id);
  std::string type =
      expr.facts.declared.kind == TypeKind::Any ? "" : fmt::format(" ({})", TypeText(expr.facts.declared));
  if (const auto* column = std::get_if<ir::ColumnExpr>(&expr.kind))
    return fmt::format("`{}`{}", column->column, type);
  if (const auto* literal = std::get_if<ir::LiteralExpr>(&expr.kind))
    return ir::PrintLiteral(literal->value.view());
  if (const ir::CallExpr* get = AsCall(id, "->>")) {
    const auto* request = std::get_if<ir::RequestExpr>(&At(get->args[0]).kind);
    auto key = AsText(get->args[1]);
    if (request && key && request->part == ir::RequestPart::Auth) {
      return *key == "sub" ? "`auth.user_id()`" + type : fmt::format("claim `{}`{}", *key, type);
    }
    if (request && key) return fmt::format("parameter `{}`{}", *key, type);
  }
  return type.empty() ? StorageText(expr.facts.storage) : TypeText(expr.facts.declared);
}

uint8_t Binder::ValuesOf(ExprId id) const {
  const ir::Facts& facts = At(id).facts;
  uint8_t bits = facts.storage & ~storage::Null;
  if (facts.declared.kind != TypeKind::Any) bits &= Arriving(facts.declared.kind);
  return bits & storage::Number ? bits | storage::Number : bits;
}

bool Binder::KindsAgree(const schema::Type& a, const schema::Type& b) const {
  if (a.kind == TypeKind::Any || b.kind == TypeKind::Any) return true;
  if (a.kind == TypeKind::Array || b.kind == TypeKind::Array) {
    auto may_hold_array = [](TypeKind kind) { return kind == TypeKind::Array || kind == TypeKind::Json; };
    return may_hold_array(a.kind) && may_hold_array(b.kind);
  }
  if (a.kind == TypeKind::Enum && b.kind == TypeKind::Enum && !(a.enum_id == b.enum_id)) {
    const auto& labels = catalog_.enums[a.enum_id].labels;
    const auto& others = catalog_.enums[b.enum_id].labels;
    return std::ranges::any_of(labels,
                               [&](auto& label) { return std::ranges::find(others, label) != others.end(); });
  }
  auto special = [](TypeKind kind) {
    return kind == TypeKind::Uuid || kind == TypeKind::Enum || kind == TypeKind::Geometry || IsMoment(kind);
  };
  if (!special(a.kind) || !special(b.kind)) return true;
  return a.kind == b.kind || (IsMoment(a.kind) && IsMoment(b.kind));
}

void Binder::CheckComparison(std::string_view op, ExprId lhs, ExprId rhs, Span span) {
  if (lenient_ || IsError(lhs) || IsError(rhs) || ConversionOf(lhs, rhs).affinity != Affinity::None) return;
  const schema::Type& left = At(lhs).facts.declared;
  const schema::Type& right = At(rhs).facts.declared;
  if (CheckEnumLabel(lhs, rhs, span) || CheckEnumLabel(rhs, lhs, span)) return;
  const uint8_t a = ValuesOf(lhs), b = ValuesOf(rhs);
  auto bad_uuid = [&](ExprId column, ExprId literal) {
    auto text = AsText(literal);
    return At(column).facts.declared.kind == TypeKind::Uuid && text && !IsUuid(*text);
  };
  auto bad_array = [&](ExprId column, ExprId literal) {
    auto text = AsText(literal);
    return At(column).facts.declared.kind == TypeKind::Array && text && !text->starts_with('[');
  };
  const bool disjoint = a != 0 && b != 0 && (a & b) == 0;
  if (disjoint && left.kind == TypeKind::Any && right.kind == TypeKind::Any) {
    Report<DiagKind::DifferentKinds>(span, Describe(lhs), Describe(rhs))
        .Help("convert one side: CAST(… AS text) or CAST(… AS integer)");
    return;
  }
  if (disjoint || !KindsAgree(left, right) || bad_uuid(lhs, rhs) || bad_uuid(rhs, lhs) ||
      bad_array(lhs, rhs) || bad_array(rhs, lhs)) {
    auto& report = Report<DiagKind::ImpossibleComparison>(span, Describe(lhs), Describe(rhs));
    if (left.kind == TypeKind::Array || right.kind == TypeKind::Array)
      report.Help("look for an element with IN");
    else if (left.kind == TypeKind::Boolean || right.kind == TypeKind::Boolean)
      report.Help("compare with TRUE or FALSE");
    else if (bad_uuid(lhs, rhs) || bad_uuid(rhs, lhs))
      report.Help("a uuid reads 123e4567-e89b-12d3-a456-426614174000");
    else if (disjoint)
      report.Help("convert one side: CAST(… AS text) or CAST(… AS integer)");
    return;
  }
  CheckMoment(lhs, rhs, span);
  CheckMoment(rhs, lhs, span);
  CheckNumeric(op, lhs, rhs, span);
  if (op == "=" || op == "<>" || op == "is" || op == "is_not") CheckSuspect(lhs, rhs, span);
}

bool Binder::CheckEnumLabel(ExprId column, ExprId literal, Span span) {
  const schema::Type& type = At(column).facts.declared;
  auto text = AsText(literal);
  if (type.kind != TypeKind::Enum || !type.enum_id.HasValue() || !text) return false;
  const schema::EnumType& known = catalog_.enums[type.enum_id];
  if (std::ranges::find(known.labels, *text) != known.labels.end()) return false;
  Span at = At(literal).span.HasValue() ? At(literal).span : span;
  Report<DiagKind::UnknownEnumLabel>(at, *text, known.name)
      .Label(known.span, "its labels")
      .Help(DidYouMean(*text, known.labels));
  return true;
}

// A number never equals text, and by order texts compare digit by digit: '10' < '9'.
void Binder::CheckNumeric(std::string_view op, ExprId lhs, ExprId rhs, Span span) {
  const bool left = At(lhs).facts.declared.kind == TypeKind::Numeric,
             right = At(rhs).facts.declared.kind == TypeKind::Numeric;
  if (!left && !right) return;
  const bool number_beside = left != right && (ValuesOf(left ? rhs : lhs) & ~storage::Number) == 0;
  const bool by_order = op != "<>" && (op.starts_with('<') || op.starts_with('>'));
  if (number_beside || by_order)
    Report<DiagKind::NumericIsText>(span, Describe(left ? lhs : rhs)).Help("compare CAST(… AS real)");
}

void Binder::CheckMoment(ExprId column, ExprId literal, Span span) {
  const TypeKind kind = At(column).facts.declared.kind;
  auto text = AsText(literal);
  if (!IsMoment(kind) || !text || BeginsLikeMoment(kind, *text)) return;
  Report<DiagKind::NotAMoment>(span, Describe(column), Describe(literal));
}

void Binder::CheckSuspect(ExprId lhs, ExprId rhs, Span span) {
  for (int side = 0; side < 2; ++side, std::swap(lhs, rhs)) {
    const ir::CallExpr* get = AsCall(lhs, "->>");
    const auto* request = get ? std::get_if<ir::RequestExpr>(&At(get->args[0]).kind) : nullptr;
    const bool sub = request && request->part == ir::RequestPart::Auth && AsText(get->args[1]) == "sub";
    const uint8_t other = ValuesOf(rhs);
    if (sub && At(lhs).facts.declared.kind == TypeKind::Any && other != 0 &&
        (other & ~storage::Number) == 0) {
      Report<DiagKind::SuspectComparison>(span, Describe(lhs), Describe(rhs))
          .Help("convert it: CAST(auth.user_id() AS integer)");
      return;
    }
    auto text = AsText(rhs);
    const bool json_text =
        text && !text->empty() && std::string_view("\"{[-0123456789").find((*text)[0]) != text->npos;
    const bool scalar_text = text && !json_text && *text != "true" && *text != "false" && *text != "null";
    const TypeKind kind = At(rhs).facts.declared.kind;
    if (AsCall(lhs, "->") &&
        (scalar_text || kind == TypeKind::Text || kind == TypeKind::Uuid || kind == TypeKind::Enum)) {
      Report<DiagKind::JsonTextComparison>(span).Help("write `->>`");
      return;
    }
  }
}

void Binder::CheckInJson(ExprId value, ExprId json, Span span) {
  if (lenient_) return;
  const ir::Facts& facts = At(json).facts;
  const schema::Type& type = facts.declared;
  if (type.kind == TypeKind::Array) {
    const uint8_t elements = Arriving(type.element);
    const schema::Type element{type.element, {}, type.enum_id, {}};
    const uint8_t values = ValuesOf(value);
    if ((values != 0 && (values & elements) == 0) || !KindsAgree(At(value).facts.declared, element)) {
      Report<DiagKind::ImpossibleComparison>(span, Describe(value),
                                             fmt::format("elements of {}", Describe(json)));
    }
    return;
  }
  auto text = AsText(json);
  const bool from_request =
      AsCall(json, "->>") && std::holds_alternative<ir::RequestExpr>(At(AsCall(json, "->>")->args[0]).kind);
  const bool may_be_json = type.kind == TypeKind::Any || type.kind == TypeKind::Json ||
                           (type.kind == TypeKind::Text && !from_request);
  const bool literal_array = !text || text->find_first_of("[{") != text->npos;
  if (may_be_json && literal_array && (facts.storage & (storage::Text | storage::Null))) return;
  auto& report = Report<DiagKind::NotAnArray>(At(json).span, Describe(json));
  report.Help(from_request ? "compare with `=`, or declare it as an array"
                           : "compare with `=`, or write a list: IN (…)");
}

void Binder::CheckNullable(const std::vector<SubqueryArm>& arms, Span span) {
  if (catalog_.open) return;
  for (const SubqueryArm& arm : arms) {
    for (ExprId output : arm.outputs) {
      const auto* column = std::get_if<ir::ColumnExpr>(&At(output).kind);
      if (!At(output).facts.CanBeNull()) continue;
      const bool excluded =
          column && std::ranges::any_of(arm.draft.conjuncts, [&](ExprId conjunct) {
            const ir::CallExpr* test = AsCall(conjunct, "is_not_null");
            const auto* tested = test ? std::get_if<ir::ColumnExpr>(&At(test->args[0]).kind) : nullptr;
            return tested && tested->occurrence == column->occurrence && tested->column == column->column;
          });
      if (excluded) continue;
      Report<DiagKind::NotInNullable>(span, Describe(output)).Help("leave NULL out: … WHERE … IS NOT NULL");
      return;
    }
  }
}

}  // namespace bulkhead::sema
