// Evaluating row after row allocates nothing: operator new of this program counts.

#include <catch2/catch.hpp>

#include <cstdlib>
#include <new>

#include "runtime/vm/vm.h"

namespace {
size_t allocations = 0;

void* Counted(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(size_t bytes) { return Counted(bytes); }
void* operator new[](size_t bytes) { return Counted(bytes); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return Counted(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return Counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

using namespace bulkhead;
using value::Value;

TEST_CASE("evaluation: no allocation per row once the largest was seen") {
  // Filters, and one call of each kind that makes text.
  const char* const Expressions[] = {
      "(and (= (column a) 'w1') (<> (column b) 'done'))", "(in_list (column a) 'w1' 'w2' 'w3')", "(->> (column j) '$.b[1].c')",
      "(json_set (column j) '$.b[0]' (column a))", "(json_patch (column j) (column j))",
      "(json_remove (column j) '$.a')", "(json_extract (column j) '$.a' '$.b')",
      "(|| (upper (column a)) (cast_text 1.5))", "(like 'w%' (column a))", "(replace (column b) 'n' 'mm')", "(in_json 2 (-> (column j) 'd'))",
      "(datetime (column t) '+1 month' 'start of day')", "(strftime '%Y-%m-%dT%H:%M:%f' (column t))", "(to_char (column t) 'FMMonth DD, YYYY')",
      "(date_trunc 'week' (column t))", "(format '%05d %-8s %.3f' 42 (column a) 2.5)", "(coalesce NULL (lpad (column a) 20 'xy'))",
      "(round 2.345 2)", "(hex (unhex '00ff'))", "(overlap (column j) '[1]')"};
  std::string_view document = R"({"a":1, "b":[0,{"c":"\u00e9x"}], "d":[1,2,3]})";
  Value row[] = {Value::Text("w1"), Value::Text("open"), Value::Text(document), Value::Text("2024-05-17 13:14:15.678")};
  for (const char* text : Expressions) {
    auto expr = vm::Parse(text);
    REQUIRE(expr);
    auto program = vm::Compile(*expr, {{"a", "b", "j", "t"}, 0, 0});
    REQUIRE(program);
    value::Arena arena;
    vm::Context context(arena);
    auto evaluate = [&] {
      context.Reset();
      return vm::Eval(*program, {.columns = row, .expands = {}, .bindings = {}, .request = {}}, context);
    };
    for (int i = 0; i < 3; ++i) evaluate();
    INFO(text << ": " << context.message());
    CHECK_FALSE(context.failed());
    size_t before = allocations;
    for (int i = 0; i < 10; ++i) evaluate();
    CHECK(allocations == before);
  }
}
