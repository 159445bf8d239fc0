// Expression trees as SQL over one row's bound parameters: the same expression for SQLite.
#pragma once

#include <string>

#include "runtime/vm/expr.h"

namespace bulkhead::testing {

// Columns c0, c1, … are written by name; literals and bindings too, as l0… and so on would hide affinity rules, so
// callers use columns only.
inline std::string Sql(const vm::Expr& expr);

inline std::string SqlList(const std::vector<vm::Expr>& args, size_t from, const char* separator = ", ") {
  std::string text;
  for (size_t i = from; i < args.size(); ++i) text += (i > from ? separator : "") + Sql(args[i]);
  return text;
}

inline std::string SqlCase(const std::vector<vm::Expr>& args, size_t from, std::string text) {
  size_t i = from;
  for (; i + 1 < args.size(); i += 2) text += " when " + Sql(args[i]) + " then " + Sql(args[i + 1]);
  if (i < args.size()) text += " else " + Sql(args[i]);
  return text + " end)";
}

// What SQLite 3.40 lacks, or does with several edits at once in another way, in words that it has.
inline std::string SqlCall(std::string_view name, const std::vector<vm::Expr>& args) {
  auto nested = [&](size_t step) {
    std::string text = Sql(args[0]);
    if (args.size() == 1 || (args.size() - 1) % step != 0) return std::string(name) + "(" + SqlList(args, 0) + ")";
    for (size_t i = 1; i + step <= args.size(); i += step) {
      std::string call = std::string(name) + "(" + text + ", " +
                         SqlList({args.begin() + static_cast<long>(i), args.begin() + static_cast<long>(i + step)}, 0) + ")";
      // A value put at `$` is not made JSON there.
      text = step == 1 ? call : "(case when " + text + " is null then null else json_quote(" + call + ") end)";
    }
    return text;
  };
  if (name == "json_set" || name == "json_insert" || name == "json_replace") return nested(2);
  if (name == "json_remove") return nested(1);
  if ((name == "iif" && args.size() != 3) || name == "if") return SqlCase(args, 0, "(case");
  if (name == "octet_length") return "length(cast(" + Sql(args[0]) + " as blob))";
  if (name == "concat") {
    std::string text = "(''";
    for (const vm::Expr& arg : args) text += " || ifnull(" + Sql(arg) + ", '')";
    return text + ")";
  }
  return std::string(name) + "(" + SqlList(args, 0) + ")";
}

// What an operator is in SQL: `1` and `2` stand for operands. A unary plus takes an operand's affinity away, because our
// operators have none of their own.
inline std::string Sql(const vm::Expr& expr) {
  using vm::Operator;
  if (auto* column = expr.As<vm::Column>()) return column->name;
  if (auto* literal = expr.As<vm::Literal>()) return vm::PrintLiteral(literal->value.view());
  const vm::Call& call = *expr.As<vm::Call>();
  const auto& args = call.args;
  if (!call.callee.is_operator()) return SqlCall(call.callee.name(), args);
  auto bare = [&](size_t i) { return "(+" + Sql(args[i]) + ")"; };
  auto infix = [&](const std::string& op) { return "(" + bare(0) + " " + op + " " + bare(1) + ")"; };
  auto suffix = [&](const std::string& op) { return "(" + Sql(args[0]) + " " + op + ")"; };
  auto cast = [&](const std::string& type) { return "cast(" + Sql(args[0]) + " as " + type + ")"; };
  switch (call.callee.op()) {
    case Operator::IsNot: return infix("is not");
    case Operator::Between: return "(" + bare(0) + " between " + bare(1) + " and " + bare(2) + ")";
    case Operator::And: return "(" + SqlList(args, 0, " and ") + (args.size() == 1 ? " and 1)" : ")");
    case Operator::Or: return "(" + SqlList(args, 0, " or ") + (args.size() == 1 ? " or 0)" : ")");
    case Operator::Not: return "(not " + Sql(args[0]) + ")";
    case Operator::IsNull: return suffix("is null");
    case Operator::IsNotNull: return suffix("is not null");
    case Operator::IsTrue: return suffix("is true");
    case Operator::IsFalse: return suffix("is false");
    case Operator::IsNotTrue: return suffix("is not true");
    case Operator::IsNotFalse: return suffix("is not false");
    case Operator::Neg: return "(- " + Sql(args[0]) + ")";
    case Operator::BitNot: return "(~ " + Sql(args[0]) + ")";
    case Operator::Case: return SqlCase(args, 0, "(case");
    case Operator::CaseOf: {
      std::vector<vm::Expr> tests = args;
      std::string text = "(case " + bare(0);
      size_t i = 1;
      for (; i + 1 < args.size(); i += 2) text += " when " + bare(i) + " then " + Sql(args[i + 1]);
      if (i < args.size()) text += " else " + Sql(args[i]);
      return text + " end)";
    }
    case Operator::CastText: return cast("text");
    case Operator::CastInteger: return cast("integer");
    case Operator::CastReal: return cast("real");
    case Operator::CastNumeric: return cast("numeric");
    case Operator::CastBlob: return cast("blob");
    case Operator::InList: {
      std::string text = "(" + bare(0) + " in (";
      for (size_t i = 1; i < args.size(); ++i) text += (i > 1 ? ", " : "") + bare(i);
      return text + "))";
    }
    case Operator::InJson:
      return "(case when " + Sql(args[1]) + " is null then null else " + bare(0) +
             " in (select value from json_each(" + Sql(args[1]) + ")) end)";
    case Operator::Overlap:
      return "(case when " + Sql(args[0]) + " is null or " + Sql(args[1]) +
             " is null then null else exists (select 1 from json_each(" + Sql(args[0]) + ") a join json_each(" +
             Sql(args[1]) + ") b on a.value = b.value) end)";
    default: return infix(std::string(call.callee.name()));
  }
}

}  // namespace bulkhead::testing
