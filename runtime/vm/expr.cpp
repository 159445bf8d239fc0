#include "runtime/vm/expr.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runtime/base/check.h"

namespace bulkhead::vm {
namespace {

const std::map<std::string_view, Operator>& OperatorNames() {
  static const auto names = [] {
    std::map<std::string_view, Operator> map;
    for (size_t i = 0; i < std::size(Operators); ++i) map[Operators[i].name] = static_cast<Operator>(i);
    return map;
  }();
  return names;
}

template <typename Enum, size_t N>
std::optional<Enum> Named(const std::string_view (&names)[N], std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

constexpr std::string_view ExpandOutputNames[] = {"key", "value", "type", "atom"};
constexpr std::string_view RequestPartNames[] = {"auth", "connection", "subscription"};

Expr Joined(Operator op, std::vector<Expr> operands, int64_t neutral) {
  std::vector<Expr> flat;
  for (Expr& operand : operands) {
    if (operand.Args(op)) {
      auto& inner = operand.As<Call>()->args;
      std::move(inner.begin(), inner.end(), std::back_inserter(flat));
    } else {
      flat.push_back(std::move(operand));
    }
  }
  if (flat.empty()) return Integer(neutral);
  if (flat.size() == 1) return std::move(flat.front());
  return Apply(op, std::move(flat));
}

template <typename T>
void SortUnique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

size_t Mix(size_t seed, size_t more) { return (seed ^ more) * 0x9e3779b97f4a7c15u + (seed >> 29); }

size_t HashValue(value::Value v) {
  size_t seed = static_cast<size_t>(v.type());
  if (v.is_bytes()) return Mix(seed, std::hash<std::string_view>()(v.bytes()));
  if (v.type() == value::Type::Integer) return Mix(seed, std::hash<int64_t>()(v.integer()));
  if (v.type() == value::Type::Real) return Mix(seed, std::hash<double>()(v.real()));
  return seed;
}

}  // namespace

std::optional<Callee> Callee::Find(std::string_view name, size_t args) {
  auto found = OperatorNames().find(name);
  if (found == OperatorNames().end()) {
    const functions::Function* function = functions::Find(name, args);
    return function ? std::optional<Callee>(*function) : std::nullopt;
  }
  const OperatorInfo& info = Info(found->second);
  if (args < info.args_min || args > info.args_max) return std::nullopt;
  return Callee(found->second);
}

std::string_view Name(ExpandOutput output) { return ExpandOutputNames[static_cast<size_t>(output)]; }
std::string_view Name(RequestPart part) { return RequestPartNames[static_cast<size_t>(part)]; }
std::optional<ExpandOutput> ExpandOutputNamed(std::string_view name) {
  return Named<ExpandOutput>(ExpandOutputNames, name);
}
std::optional<RequestPart> RequestPartNamed(std::string_view name) {
  return Named<RequestPart>(RequestPartNames, name);
}

Expr Null() { return {Literal{}}; }
Expr Integer(int64_t v) { return {Literal{value::Value::Integer(v)}}; }
Expr Real(double v) { return {Literal{value::Value::Real(v)}}; }
Expr Text(std::string_view v) { return {Literal{value::Value::Text(v)}}; }
Expr Blob(std::string_view v) { return {Literal{value::Value::Blob(v)}}; }
Expr Constant(value::Value v) { return {Literal{v}}; }
Expr ColumnOf(std::string name) { return {Column{std::move(name)}}; }
Expr ExpandOf(uint32_t function, ExpandOutput output) { return {Expand{function, output}}; }
Expr BindingOf(uint32_t index) { return {Binding{index}}; }
Expr RequestOf(RequestPart part) { return {Request{part}}; }

Expr Apply(Callee callee, std::vector<Expr> args) {
  CHECK_INVARIANT(args.size() >= callee.args_min() && args.size() <= callee.args_max(), "argument count must fit");
  return {Call{callee, std::move(args)}};
}

Result<Expr> ApplyNamed(std::string_view name, std::vector<Expr> args) {
  std::optional<Callee> callee = Callee::Find(name, args.size());
  if (!callee) return Error{Code::NotFound, fmt::format("no function `{}` takes {} arguments", name, args.size())};
  return Apply(*callee, std::move(args));
}

Expr AllOf(std::vector<Expr> conjuncts) { return Joined(Operator::And, std::move(conjuncts), 1); }
Expr AnyOf(std::vector<Expr> disjuncts) { return Joined(Operator::Or, std::move(disjuncts), 0); }

void Visit(const Expr& expr, const std::function<void(const Expr&)>& visit) {
  visit(expr);
  if (const Call* call = expr.As<Call>()) {
    for (const Expr& arg : call->args) Visit(arg, visit);
  }
}

void VisitMutable(Expr& expr, const std::function<void(Expr&)>& visit) {
  visit(expr);
  if (Call* call = expr.As<Call>()) {
    for (Expr& arg : call->args) VisitMutable(arg, visit);
  }
}

Reads ReadsOf(const Expr& expr) {
  Reads reads;
  Visit(expr, [&](const Expr& node) {
    if (auto* column = node.As<Column>()) reads.columns.push_back(column->name);
    if (auto* expand = node.As<Expand>()) reads.expands.push_back(expand->function);
    if (auto* binding = node.As<Binding>()) reads.bindings.push_back(binding->index);
    if (auto* request = node.As<Request>()) reads.request[static_cast<size_t>(request->part)] = true;
  });
  SortUnique(reads.columns);
  SortUnique(reads.expands);
  SortUnique(reads.bindings);
  return reads;
}

bool IsConstant(const Expr& expr) {
  if (expr.As<Literal>()) return true;
  const Call* call = expr.As<Call>();
  return call && std::all_of(call->args.begin(), call->args.end(), IsConstant);
}

size_t Depth(const Expr& expr) {
  size_t deepest = 0;
  if (const Call* call = expr.As<Call>()) {
    for (const Expr& arg : call->args) deepest = std::max(deepest, Depth(arg));
  }
  return deepest + 1;
}

size_t Hash(const Expr& expr) {
  auto hash = [](const auto& node) -> size_t {
    using T = std::decay_t<decltype(node)>;
    if constexpr (std::is_same_v<T, Literal>) return HashValue(node.value.view());
    if constexpr (std::is_same_v<T, Column>) return std::hash<std::string>()(node.name);
    if constexpr (std::is_same_v<T, Expand>) return node.slot();
    if constexpr (std::is_same_v<T, Binding>) return node.index;
    if constexpr (std::is_same_v<T, Request>) return static_cast<size_t>(node.part);
    if constexpr (std::is_same_v<T, Call>) {
      size_t seed = std::hash<std::string_view>()(node.callee.name());
      for (const Expr& arg : node.args) seed = Mix(seed, Hash(arg));
      return seed;
    }
  };
  return Mix(expr.node.index(), std::visit(hash, expr.node));
}

Status Bind(Expr& expr, const std::vector<std::string>& columns) {
  std::string missing;
  VisitMutable(expr, [&](Expr& node) {
    Column* column = node.As<Column>();
    if (!column) return;
    auto found = std::find(columns.begin(), columns.end(), column->name);
    if (found == columns.end() && missing.empty()) missing = column->name;
    column->slot = static_cast<uint32_t>(found - columns.begin());
  });
  if (!missing.empty()) return Error{Code::NotFound, fmt::format("no column `{}`", missing)};
  return Ok();
}

}  // namespace bulkhead::vm
