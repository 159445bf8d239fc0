// Expected failures at run time. Wrong rules are Diagnostics (compiler/source); bugs are CHECK (check.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace bulkhead {

// The only failure codes that cross a module boundary; later also the C ABI's codes.
// Append only: the numbers are frozen once released.
#define BULKHEAD_STATUS_CODES(X)                                                    \
  X(InvalidPlan, 1, "plan bytes are malformed or from a newer compiler")            \
  X(StorageBusy, 2, "another connection holds the write lock; retry")               \
  X(StorageFailed, 3, "storage refused a read or write; see the message")           \
  X(LimitExceeded, 4, "a declared limit (rows, bytes, depth) was reached")          \
  X(InvalidData, 5, "bytes from outside are malformed")                             \
  X(PlanMismatch, 6, "the store belongs to another plan")                           \
  X(InvalidRequest, 7, "a claim, parameter, subscription or call is not acceptable")      \
  X(SourceFailed, 8, "the source database refused a read or is not set up")         \
  X(NotFound, 9, "no such file, table or stream")                                   \
  X(Unsupported, 10, "valid, but this version cannot do it")

enum class Code : int {
#define X(name, number, doc) name = number,
  BULKHEAD_STATUS_CODES(X)
#undef X
};

struct Error {
  Code code;
  std::string message;  // One lower-case sentence, no full stop, names in ``.
};

// A value or an Error. `*result` is only legal after the check.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

// Success or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return !error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};
inline Status Ok() { return {}; }

#define BULKHEAD_CONCAT_(a, b) a##b
#define BULKHEAD_CONCAT(a, b) BULKHEAD_CONCAT_(a, b)
// BULKHEAD_TRY(auto plan, LoadPlan(bytes));  declares `plan` or returns the error from this function.
#define BULKHEAD_TRY(decl, expr) BULKHEAD_TRY_(decl, (expr), BULKHEAD_CONCAT(try_, __LINE__))
#define BULKHEAD_TRY_(decl, expr, tmp)  \
  auto tmp = expr;                      \
  if (!tmp) return tmp.error();         \
  decl = *std::move(tmp)
// BULKHEAD_CHECK_OK(Write(x));  returns the error from this function.
#define BULKHEAD_CHECK_OK(expr) BULKHEAD_CHECK_OK_((expr), BULKHEAD_CONCAT(try_, __LINE__))
#define BULKHEAD_CHECK_OK_(expr, tmp) \
  do {                                \
    auto tmp = expr;                  \
    if (!tmp) return tmp.error();     \
  } while (false)

}  // namespace bulkhead
