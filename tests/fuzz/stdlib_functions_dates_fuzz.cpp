// Times, modifiers and formats from anywhere: no crash, no hang, and what was accepted reads back as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "stdlib/functions/function.h"

using namespace bulkhead;
using value::Value;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

Value Apply(functions::Context& context, std::string_view name, std::span<const Value> args) {
  return functions::Apply(*functions::Find(name, args.size()), context, args);
}

// Pieces between line ends: a format or field, a time, modifiers.
std::vector<Value> Pieces(std::string_view all) {
  std::vector<Value> pieces;
  while (pieces.size() < 8) {
    size_t end = std::min(all.find('\n'), all.size());
    pieces.push_back(Value::Text(all.substr(0, end)));
    if (end == all.size()) break;
    all.remove_prefix(end + 1);
  }
  return pieces;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  value::Arena arena;
  functions::Context context(arena);
  std::vector<Value> args = Pieces({reinterpret_cast<const char*>(data), size});
  if (args.size() < 2) return 0;
  std::span<const Value> time = std::span(args).subspan(1);
  Value text = Apply(context, "datetime", time);
  if (!context.failed() && !text.is_null()) {
    Value seconds = Apply(context, "unixepoch", time), again = Apply(context, "unixepoch", {&text, 1});
    // 24:xx is written as it was given, and `subsec` says more. Before the year 0 SQLite's two ways of the
    // calendar are a day apart in some years: unixepoch(datetime(4480)) is not unixepoch(4480).
    const int64_t tolerance = text.bytes().starts_with('-') ? 86'401 : 1;
    if (seconds.type() == value::Type::Integer && text.bytes().find(" 24:") == text.bytes().npos) {
      Require(!again.is_null() && std::abs(again.integer() - seconds.integer()) <= tolerance);
    }
    Require(!Apply(context, "julianday", time).is_null());
  }
  for (std::string_view name : {"date", "time", "julianday"}) {
    context.Reset();
    Apply(context, name, time);
  }
  context.Reset();
  Apply(context, "strftime", args);
  for (std::string_view name : {"date_part", "date_trunc"}) {
    context.Reset();
    Apply(context, name, std::span(args).first(2));
  }
  context.Reset();
  const Value reversed[] = {args[1], args[0]};
  Apply(context, "to_char", reversed);
  Apply(context, "timediff", reversed);
  return 0;
}
