// Every row of the function table: its documentation, its examples, its place in the table.

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>

#include "runtime/value/convert.h"
#include "stdlib/functions/function.h"

using namespace bulkhead;
using functions::Context;
using functions::Function;
using value::OwnedValue;
using value::Value;

namespace {

// Reads and applies `name(literal, …)`, nested calls included: what examples are made of.
class ExampleReader {
 public:
  ExampleReader(std::string_view text, Context& context) : rest_(text), context_(context) {}
  Value ReadAll() {
    Value v = Read();
    REQUIRE(rest_.empty());
    return v;
  }

 private:
  static bool IsNameByte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
  bool Accept(char c) {
    while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view Take(size_t size) {
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  Value Quoted() {
    std::string text;
    while (!rest_.empty()) {
      char c = Take(1)[0];
      if (c == '\'' && !rest_.starts_with('\'')) return context_.CopyText(text);
      if (c == '\'') Take(1);
      text += c;
    }
    FAIL("unfinished text in an example");
    return {};
  }
  Value Hex() {
    std::string bytes;
    for (Value digits = Quoted(); bytes.size() * 2 < digits.bytes().size();) {
      bytes += static_cast<char>(std::stoi(std::string(digits.bytes().substr(2 * bytes.size(), 2)), nullptr, 16));
    }
    return context_.CopyBlob(bytes);
  }
  Value Read() {
    if (Accept('\'')) return Quoted();
    if (rest_.starts_with("X'")) {
      Take(2);
      return Hex();
    }
    size_t size = 0;
    while (size < rest_.size() && (IsNameByte(rest_[size]) || rest_[size] == '.' || rest_[size] == '-')) ++size;
    std::string_view word = Take(size);
    if (word == "NULL") return Value::Null();
    if (!Accept('(')) {
      value::ParsedNumber number = value::ParseNumber(word);
      REQUIRE(number.whole);
      return number.value;
    }
    std::vector<Value> args;
    while (!Accept(')')) {
      if (!args.empty()) REQUIRE(Accept(','));
      Accept(' ');
      args.push_back(Read());
    }
    const Function* function = functions::Find(word, args.size());
    REQUIRE(function);
    return functions::Apply(*function, context_, args);
  }

  std::string_view rest_;
  Context& context_;
};

}  // namespace

TEST_CASE("functions: every row is documented and its examples hold") {
  value::Arena arena, wanted_arena;
  Context context(arena), wanted_context(wanted_arena);
  for (const Function* function : functions::All()) {
    INFO(function->name);
    CHECK_FALSE(function->doc.empty());
    CHECK(function->signature.starts_with("("));
    CHECK(function->signature.find(" -> ") != std::string_view::npos);
    CHECK(function->args_min <= function->args_max);
    bool refused = function->purity == functions::Purity::Refused;
    CHECK((function->eval == nullptr) == refused);
    CHECK(function->examples.empty() == refused);
    for (const functions::Example& example : function->examples) {
      INFO(example.call);
      context.Reset();
      OwnedValue ours(ExampleReader(example.call, context).ReadAll());
      CHECK(context.failed() == (example.result == "error"));
      if (context.failed() || example.result == "error") continue;
      OwnedValue wanted(ExampleReader(example.result, wanted_context).ReadAll());
      INFO("got " << (ours.view().is_bytes() ? std::string(ours.view().bytes()) : "a number or NULL"));
      CHECK(ours == wanted);
    }
  }
}

TEST_CASE("functions: the table is sorted, and argument counts of one name do not overlap") {
  auto all = functions::All();
  for (size_t i = 1; i < all.size(); ++i) {
    INFO(all[i]->name);
    CHECK(all[i - 1]->name <= all[i]->name);
    if (all[i - 1]->name == all[i]->name) CHECK(all[i - 1]->args_max < all[i]->args_min);
  }
  CHECK(functions::Find("substr", 3) == functions::Find("substr", 2));
  CHECK(functions::Find("substr", 4) == nullptr);
  CHECK(functions::FindName("substr") != nullptr);
  CHECK(functions::Find("no_such", 1) == nullptr);
  CHECK(functions::FindName("Lower") == nullptr);
}

TEST_CASE("functions: results stay within their limits") {
  value::Arena arena;
  Context context(arena);
  std::string large(1 << 20, 'a');
  auto fails = [&](std::string_view name, std::vector<Value> args) {
    context.Reset();
    functions::Apply(*functions::Find(name, args.size()), context, args);
    return context.failed();
  };
  CHECK(fails("replace", {Value::Text(large), Value::Text("a"), Value::Text(large)}));
  CHECK(fails("lpad", {Value::Text("a"), Value::Integer(INT64_MAX), Value::Text("xy")}));
  CHECK(fails("lpad", {Value::Text("a"), Value::Integer(1'000'000'000)}));
  // A pattern that makes many tries, and a set that is long: refused instead of running for minutes.
  std::string pattern = "%" + std::string(20'000, 'a') + "b";
  CHECK(fails("like", {Value::Text(pattern), Value::Text(large)}));
  CHECK(fails("like", {Value::Text(large), Value::Text("a")}));
  std::string set;
  for (int i = 0; i < 20'000; ++i) set += static_cast<char>('b' + i % 20);
  CHECK(fails("trim", {Value::Text(large), Value::Text(set + "a")}));
  CHECK_FALSE(fails("trim", {Value::Text("  a "), Value::Text(" ")}));
  CHECK_FALSE(fails("instr", {Value::Text(large + large), Value::Text(large + "b")}));
}
