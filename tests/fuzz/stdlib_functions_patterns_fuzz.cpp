// LIKE, GLOB and printf with patterns from anywhere: no crash, no hang, and matching keeps its laws.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "stdlib/functions/function.h"

using namespace bulkhead;
using value::Value;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

class Caller {
 public:
  // NULL for a failure.
  Value operator()(std::string_view name, std::initializer_list<Value> args) {
    context_.Reset();
    return functions::Apply(*functions::Find(name, args.size()), context_, {args.begin(), args.size()});
  }

 private:
  value::Arena arena_;
  functions::Context context_{arena_};
};

bool IsTrue(Value v) { return v.type() == value::Type::Integer && v.integer() == 1; }
bool IsFalse(Value v) { return v.type() == value::Type::Integer && v.integer() == 0; }

}  // namespace

// Up to the first line end is the pattern, the rest the text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string all(reinterpret_cast<const char*>(data), size);
  size_t end = std::min(all.find('\n'), all.size());
  std::string pattern = all.substr(0, end), text = all.substr(std::min(end + 1, all.size()));
  Value p = Value::Text(pattern), t = Value::Text(text);
  Caller call;
  // What a pattern matches, it matches with anything after it when it ends with the sign for that.
  std::string open_like = pattern + "%", open_glob = pattern + "*";
  bool nul = pattern.find('\0') != pattern.npos;
  if (!nul && IsTrue(call("like", {p, t}))) Require(!IsFalse(call("like", {Value::Text(open_like), t})));
  if (!nul && IsTrue(call("glob", {p, t}))) Require(!IsFalse(call("glob", {Value::Text(open_glob), t})));
  if (pattern.find_first_of(std::string_view("%_\0", 3)) == pattern.npos) {
    std::string same = pattern;
    Require(!IsFalse(call("like", {p, Value::Text(same)})));
  }
  call("like", {p, t, Value::Text(std::string_view(pattern).substr(0, 1))});
  call("like", {p, t, t});
  call("format", {p, t, Value::Integer(static_cast<int64_t>(size)), Value::Real(1.5), t});
  call("format", {t, p});
  call("trim", {t, p});
  call("unhex", {t, p});
  call("unistr", {t});
  call("to_char", {Value::Real(static_cast<double>(size) / 7), p});
  return 0;
}
