// The scalar expressions that plans hold: small trees over one row, its table functions, bound values and the request.
// Evaluated by vm.h (compiled) or tree.h (directly).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/value.h"
#include "stdlib/functions/function.h"

namespace bulkhead::vm {

inline constexpr uint16_t AnyNumber = functions::AnyNumber;

enum class Operator : uint8_t {
#define OPERATOR(enumerator, name, args_min, args_max, doc) enumerator,
#include "runtime/vm/operators.def"
#undef OPERATOR
};
struct OperatorInfo {
  std::string_view name;
  uint16_t args_min, args_max;
  std::string_view doc;
};
inline constexpr OperatorInfo Operators[] = {
#define OPERATOR(enumerator, name, args_min, args_max, doc) {name, args_min, args_max, doc},
#include "runtime/vm/operators.def"
#undef OPERATOR
};
constexpr const OperatorInfo& Info(Operator op) { return Operators[static_cast<size_t>(op)]; }

// What a Call applies: an operator or a function row. Names are unique over both, so a plan stores the name alone.
class Callee {
 public:
  Callee(Operator op) : op_(op) {}
  Callee(const functions::Function& function) : function_(&function) {}
  // The callee of that name that takes `args` arguments.
  static std::optional<Callee> Find(std::string_view name, size_t args);

  bool is_operator() const { return function_ == nullptr; }
  bool Is(Operator op) const { return is_operator() && op_ == op; }
  Operator op() const { return op_; }                               // only for operators
  const functions::Function& function() const { return *function_; }  // only for functions
  std::string_view name() const { return function_ ? function_->name : Info(op_).name; }
  uint16_t args_min() const { return function_ ? function_->args_min : Info(op_).args_min; }
  uint16_t args_max() const { return function_ ? function_->args_max : Info(op_).args_max; }
  bool operator==(const Callee&) const = default;

 private:
  Operator op_ = Operator::Eq;
  const functions::Function* function_ = nullptr;
};

struct Expr;

struct Literal {
  value::OwnedValue value;
  bool operator==(const Literal&) const = default;
};
// A column of the row at hand. `slot` is its position in the row's layout once bound (Bind), and is not part of what
// the expression means: it is ignored by ==, Hash and Print.
struct Column {
  static constexpr uint32_t Unbound = UINT32_MAX;
  std::string name;
  uint32_t slot = Unbound;
  bool operator==(const Column& other) const { return name == other.name; }
};
// An output of the table function that is attached to the row in position `function`.
enum class ExpandOutput : uint8_t { Key, Value, Type, Atom };
inline constexpr uint32_t ExpandOutputs = 4;
std::string_view Name(ExpandOutput output);                         // key, value, type, atom
std::optional<ExpandOutput> ExpandOutputNamed(std::string_view name);
struct Expand {
  uint32_t function = 0;
  ExpandOutput output = ExpandOutput::Value;
  uint32_t slot() const { return function * ExpandOutputs + static_cast<uint32_t>(output); }
  bool operator==(const Expand&) const = default;
};
// A value handed in from outside the row: what an earlier lookup stage or the bucket key bound.
struct Binding {
  uint32_t index = 0;
  bool operator==(const Binding&) const = default;
};
// A whole request document as JSON text; NULL when the client sent none.
enum class RequestPart : uint8_t { Auth, Connection, Subscription };
inline constexpr size_t RequestParts = 3;
std::string_view Name(RequestPart part);                            // auth, connection, subscription
std::optional<RequestPart> RequestPartNamed(std::string_view name);
struct Request {
  RequestPart part = RequestPart::Auth;
  bool operator==(const Request&) const = default;
};
struct Call {
  Callee callee;
  std::vector<Expr> args;  // As many as the callee takes.
  bool operator==(const Call&) const;
};

// A value type: copies are deep. Equality is structural (after whatever normalisation the caller did).
// Nesting is at most limits::ExpressionTreeDepthMax, which whoever reads trees from outside checks while reading
// (the functions below recurse).
struct Expr {
  using Node = std::variant<Literal, Column, Expand, Binding, Request, Call>;
  Node node;

  template <typename T>
  const T* As() const { return std::get_if<T>(&node); }
  template <typename T>
  T* As() { return std::get_if<T>(&node); }
  // The call's arguments when this applies `op`, else null.
  const std::vector<Expr>* Args(Operator op) const {
    const Call* call = As<Call>();
    return call && call->callee.Is(op) ? &call->args : nullptr;
  }
  bool operator==(const Expr&) const = default;
};
inline bool Call::operator==(const Call& other) const { return callee == other.callee && args == other.args; }

// ---- Building ----
Expr Null();
Expr Integer(int64_t v);
Expr Real(double v);
Expr Text(std::string_view v);
Expr Blob(std::string_view v);
Expr Constant(value::Value v);
Expr ColumnOf(std::string name);
Expr ExpandOf(uint32_t function, ExpandOutput output);
Expr BindingOf(uint32_t index);
Expr RequestOf(RequestPart part);
// The argument count must fit (CHECK).
Expr Apply(Callee callee, std::vector<Expr> args);
template <typename... Args>
Expr Apply(Callee callee, Args... args) {
  std::vector<Expr> list;
  list.reserve(sizeof...(args));
  (list.push_back(std::move(args)), ...);
  return Apply(callee, std::move(list));
}
// The function or operator of that name; NotFound when there is none that takes so many arguments.
Result<Expr> ApplyNamed(std::string_view name, std::vector<Expr> args);
// n-ary: one operand is returned as it is; none gives 1 (AllOf) or 0 (AnyOf). Nested calls of the same kind are flattened.
Expr AllOf(std::vector<Expr> conjuncts);
Expr AnyOf(std::vector<Expr> disjuncts);

// ---- Looking ----
// Calls `visit` for each node, parents before children, arguments in order.
void Visit(const Expr& expr, const std::function<void(const Expr&)>& visit);
void VisitMutable(Expr& expr, const std::function<void(Expr&)>& visit);
// Which inputs an expression reads.
struct Reads {
  std::vector<std::string> columns;   // Each once, sorted.
  std::vector<uint32_t> expands;      // Functions, each once, sorted.
  std::vector<uint32_t> bindings;     // Each once, sorted.
  bool request[RequestParts] = {};
  bool row() const { return !columns.empty() || !expands.empty(); }
  bool any_request() const { return request[0] || request[1] || request[2]; }
};
Reads ReadsOf(const Expr& expr);
bool IsConstant(const Expr& expr);  // Reads nothing.
size_t Depth(const Expr& expr);     // A leaf is 1.
// Equal expressions have equal hashes; stable within one run only.
size_t Hash(const Expr& expr);

// `(= (column workspace_id) 'w1')`: stable, one line, one text per tree. Leaves: literals as SQL, (column name),
// (expand 0 value), (binding 1), (request auth).
std::string Print(const Expr& expr);
// The SQL literal: NULL, 1, 1.0, 'it''s', X'00FF'. Text with control characters is T'hex', to stay on one line.
std::string PrintLiteral(value::Value v);
// Reads what Print wrote; InvalidData for anything else, too deep nesting included.
Result<Expr> Parse(std::string_view text);

// Sets the slot of every Column to its name's position in `columns`; NotFound names the first that is not there.
Status Bind(Expr& expr, const std::vector<std::string>& columns);

}  // namespace bulkhead::vm

template <>
struct std::hash<bulkhead::vm::Expr> {
  size_t operator()(const bulkhead::vm::Expr& expr) const { return bulkhead::vm::Hash(expr); }
};
