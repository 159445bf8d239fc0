#include "compiler/planner/expr_text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

#include "runtime/base/id.h"

namespace bulkhead::planner {
namespace {

struct Infix {
  vm::Operator op;
  std::string_view text;
  int precedence;  // higher binds tighter
};
constexpr std::array InfixTable = {
    Infix{vm::Operator::Or, "OR", 1},        Infix{vm::Operator::And, "AND", 2},
    Infix{vm::Operator::Eq, "=", 4},         Infix{vm::Operator::Ne, "<>", 4},
    Infix{vm::Operator::Lt, "<", 4},         Infix{vm::Operator::Le, "<=", 4},
    Infix{vm::Operator::Gt, ">", 4},         Infix{vm::Operator::Ge, ">=", 4},
    Infix{vm::Operator::Is, "IS", 4},        Infix{vm::Operator::IsNot, "IS NOT", 4},
    Infix{vm::Operator::Overlap, "&&", 4},   Infix{vm::Operator::InJson, "IN", 4},
    Infix{vm::Operator::BitAnd, "&", 5},     Infix{vm::Operator::BitOr, "|", 5},
    Infix{vm::Operator::ShiftLeft, "<<", 5}, Infix{vm::Operator::ShiftRight, ">>", 5},
    Infix{vm::Operator::Add, "+", 6},        Infix{vm::Operator::Sub, "-", 6},
    Infix{vm::Operator::Mul, "*", 7},        Infix{vm::Operator::Div, "/", 7},
    Infix{vm::Operator::Mod, "%", 7},        Infix{vm::Operator::Concat, "||", 8},
    Infix{vm::Operator::JsonArrow, "->", 8}, Infix{vm::Operator::JsonArrowText, "->>", 8},
};
struct Suffix {
  vm::Operator op;
  std::string_view text;
};
constexpr std::array SuffixTable = {
    Suffix{vm::Operator::IsNull, "IS NULL"},        Suffix{vm::Operator::IsNotNull, "IS NOT NULL"},
    Suffix{vm::Operator::IsTrue, "IS TRUE"},        Suffix{vm::Operator::IsFalse, "IS FALSE"},
    Suffix{vm::Operator::IsNotTrue, "IS NOT TRUE"}, Suffix{vm::Operator::IsNotFalse, "IS NOT FALSE"},
};
struct CastName {
  vm::Operator op;
  std::string_view type;
};
constexpr std::array CastTable = {
    CastName{vm::Operator::CastText, "TEXT"}, CastName{vm::Operator::CastInteger, "INTEGER"},
    CastName{vm::Operator::CastReal, "REAL"}, CastName{vm::Operator::CastNumeric, "NUMERIC"},
    CastName{vm::Operator::CastBlob, "BLOB"},
};

class Writer {
 public:
  explicit Writer(const Names& names) : names_(names) {}

  // With parentheses when it binds looser than `precedence`.
  std::string Text(const vm::Expr& expr, int precedence) {
    return std::visit(
        Match{
            [](const vm::Literal& e) { return vm::PrintLiteral(e.value.view()); },
            [&](const vm::Column& e) { return ColumnText(e); },
            [&](const vm::Expand& e) {
              return Named(names_.expansions, e.function) + "." + std::string(vm::Name(e.output));
            },
            [&](const vm::Binding& e) { return Named(names_.bindings, e.index); },
            [](const vm::Request& e) { return std::string(vm::Name(e.part)) + ".parameters()"; },
            [&](const vm::Call& e) { return CallText(e, precedence); },
        },
        expr.node);
  }

 private:
  static std::string Named(const std::vector<std::string>& names, uint32_t index) {
    return index < names.size() ? names[index] : fmt::format("?{}", index);
  }

  std::string ColumnText(const vm::Column& column) const {
    if (names_.fields.empty()) return names_.table.empty() ? column.name : names_.table + "." + column.name;
    uint32_t field = 0;
    std::from_chars(column.name.data(), column.name.data() + column.name.size(), field);
    return Named(names_.fields, field);
  }

  std::string CallText(const vm::Call& call, int precedence) {
    if (!call.callee.is_operator()) return Applied(std::string(call.callee.name()), call, 0);
    if (std::string request = RequestText(call); !request.empty()) return request;
    for (const Infix& infix : InfixTable)
      if (call.callee.Is(infix.op)) return InfixText(call, infix, precedence);
    for (const Suffix& suffix : SuffixTable)
      if (call.callee.Is(suffix.op))
        return Enclosed(Text(call.args[0], 5) + " " + std::string(suffix.text), 4, precedence);
    for (const CastName& cast : CastTable)
      if (call.callee.Is(cast.op)) return fmt::format("CAST({} AS {})", Text(call.args[0], 0), cast.type);
    switch (call.callee.op()) {
      case vm::Operator::Not:
        return Enclosed("NOT " + Text(call.args[0], 3), 3, precedence);
      case vm::Operator::Neg:
        return "-" + Text(call.args[0], 9);
      case vm::Operator::BitNot:
        return "~" + Text(call.args[0], 9);
      case vm::Operator::Between:
        return Enclosed(fmt::format("{} BETWEEN {} AND {}", Text(call.args[0], 5), Text(call.args[1], 5),
                                    Text(call.args[2], 5)),
                        4, precedence);
      case vm::Operator::InList:
        return Enclosed(Text(call.args[0], 5) + " IN " + Applied("", call, 1), 4, precedence);
      case vm::Operator::ApplyNumeric:
      case vm::Operator::ApplyText:
        return Text(call.args[0], precedence);
      case vm::Operator::FoldNocase:
        return Enclosed(Text(call.args[0], 9) + " COLLATE NOCASE", 8, precedence);
      default:
        return Applied(std::string(call.callee.name()), call, 0);
    }
  }

  // auth ->> 'sub' is auth.user_id(); other keys auth.parameter('k').
  static std::string RequestText(const vm::Call& call) {
    if (!call.callee.Is(vm::Operator::JsonArrowText)) return {};
    const auto* request = call.args[0].As<vm::Request>();
    const auto* key = call.args[1].As<vm::Literal>();
    if (!request || !key || key->value.type() != value::Type::Text) return {};
    if (request->part == vm::RequestPart::Auth && key->value.view().bytes() == "sub") return "auth.user_id()";
    return fmt::format("{}.parameter({})", vm::Name(request->part), vm::PrintLiteral(key->value.view()));
  }

  std::string InfixText(const vm::Call& call, const Infix& infix, int precedence) {
    std::string text;
    for (size_t i = 0; i < call.args.size(); ++i) {
      if (i > 0) text += fmt::format(" {} ", infix.text);
      text += Text(call.args[i], i > 0 && infix.precedence > 2 ? infix.precedence + 1 : infix.precedence);
    }
    return Enclosed(std::move(text), infix.precedence, precedence);
  }

  std::string Applied(std::string name, const vm::Call& call, size_t from) {
    name += "(";
    for (size_t i = from; i < call.args.size(); ++i) name += (i > from ? ", " : "") + Text(call.args[i], 0);
    return name + ")";
  }

  static std::string Enclosed(std::string text, int own, int wanted) {
    return own < wanted ? "(" + std::move(text) + ")" : text;
  }

  const Names& names_;
};

}  // namespace

std::string SqlText(const vm::Expr& expr, const Names& names) {
  return Writer(names).Text(expr, 0);
}

}  // namespace bulkhead::planner
