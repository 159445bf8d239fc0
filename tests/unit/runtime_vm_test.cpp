// Trees, programs and their verifier; what expressions evaluate to is in tests/property/vm_expressions_test.cpp.

#include <catch2/catch.hpp>

#include <set>

#include "runtime/vm/tree.h"
#include "runtime/vm/vm.h"

using namespace bulkhead;
using value::Value;
using vm::Expr;
using vm::Op;
using vm::Operator;

namespace {

Expr Read(std::string_view text) {
  auto expr = vm::Parse(text);
  INFO(text << (expr ? "" : ": " + expr.error().message));
  REQUIRE(expr);
  return *expr;
}

const vm::Layout SomeLayout{{"a", "b", "c"}, 1, 2};

vm::Program Compiled(std::string_view text) {
  auto program = vm::Compile(Read(text), SomeLayout);
  REQUIRE(program);
  return *std::move(program);
}

std::string Folded(std::string_view text) { return vm::Print(vm::Fold(Read(text))); }

// One expression per form; together they use every opcode and every operator.
const char* const Forms[] = {
    "(and (= (column a) 'w1') (<> (column b) 2))", "(or (< 1 (column a)) (is (column a) (column b)) (>= (column a) (binding 1)))",
    "(= (+ (column a) 1) (- 2 (column b)))", "(not (is_null (column a)))", "(and (is_not_null (column a)))",
    "(is_true (is_false (is_not_true (is_not_false (column a)))))", "(* (/ (% (column a) 3) (neg 2)) 1.5)",
    "(|| (& 1 (| 2 3)) (<< 1 (>> 2 (~ 3))))", "(-> (request auth) 'sub')", "(->> (expand 0 value) (expand 0 key))",
    "(case (> (column a) 1) 'x' (<= (column b) 1) 'y' NULL)", "(case_of (column a) 1 'one' 2 'two')",
    "(cast_text (cast_integer (cast_real (cast_numeric (cast_blob (column a))))))",
    "(= (apply_numeric (column a)) (apply_text (fold_nocase X'00ff')))", "(in_list (column a) 1 2 NULL)", "(in_list (column a) (column b) 2)",
    "(in_json (column a) (request connection))", "(overlap (column a) (request subscription))", "(between (column a) 1 (binding 0))",
    "(coalesce (column a) (lower (column b)) 'it''s')", "(iif (column a) T'610a' 'c')", "(is_not (column a) 1)",
    "(= (column \"odd name\") 9e999)", "(= -9e999 -1.5e-7)"};

}  // namespace

TEST_CASE("expr: text goes there and back") {
  for (const char* form : Forms) CHECK(vm::Print(Read(form)) == form);
  for (int64_t v : {INT64_MIN, INT64_MAX}) CHECK(vm::Print(Read(std::to_string(v))) == std::to_string(v));
  CHECK(Read("(column a)") == vm::ColumnOf("a"));
  CHECK(Read("1.0") == vm::Real(1));
  CHECK_FALSE(Read("1.0") == vm::Integer(1));
}

TEST_CASE("expr: other text is refused") {
  for (const char* text : {"", "(", "()", "(= 1)", "(= 1 2 3)", "(nope 1)", "(column", "(column a", "(expand 0 nope)", "(expand x value)", "(request x)",
                           "'abc", "X'0'", "X'zz'", "1 2", "(= 1 2))", "abc", "nan", "inf", "(binding -1)"}) {
    INFO(text);
    CHECK_FALSE(vm::Parse(text));
  }
  std::string deep;
  for (size_t i = 0; i <= limits::ExpressionTreeDepthMax; ++i) deep += "(not ";
  CHECK_FALSE(vm::Parse(deep + "1" + std::string(limits::ExpressionTreeDepthMax + 1, ')')));
}

TEST_CASE("expr: reads, depth, binding, hash") {
  Expr expr = Read("(and (= (column b) (column a)) (= (column a) (->> (request connection) 'x')) (= (binding 3) (expand 1 key)))");
  vm::Reads reads = vm::ReadsOf(expr);
  CHECK(reads.columns == std::vector<std::string>{"a", "b"});
  CHECK(reads.bindings == std::vector<uint32_t>{3});
  CHECK(reads.expands == std::vector<uint32_t>{1});
  CHECK(reads.request[1]);
  CHECK_FALSE(reads.request[0]);
  CHECK(vm::Depth(expr) == 4);
  CHECK_FALSE(vm::IsConstant(expr));
  CHECK(vm::IsConstant(Read("(+ 1 (length 'a'))")));
  Expr bound = expr;
  REQUIRE(vm::Bind(bound, {"x", "b", "a"}));
  CHECK(bound == expr);
  CHECK(vm::Hash(bound) == vm::Hash(expr));
  CHECK(vm::Bind(expr, {"a"}).error().code == Code::NotFound);
  CHECK(vm::Print(vm::AllOf({Read("(and 1 2)"), Read("3")})) == "(and 1 2 3)");
  CHECK(vm::Print(vm::AllOf({})) == "1");
  CHECK(vm::Print(vm::AnyOf({Read("(and 1 2)")})) == "(and 1 2)");
}

TEST_CASE("operators: names are unique over operators and functions") {
  std::set<std::string_view> names{"column", "expand", "binding", "request"};
  for (const vm::OperatorInfo& info : vm::Operators) {
    INFO(info.name);
    CHECK(names.insert(info.name).second);
    CHECK(functions::FindName(info.name) == nullptr);
    CHECK_FALSE(info.doc.empty());
  }
}

TEST_CASE("compile: every operator and opcode is used by some form, and verifies") {
  std::set<Op> ops;
  std::set<std::string_view> operators;
  vm::Layout layout = SomeLayout;
  layout.columns.push_back("odd name");
  for (const char* form : Forms) {
    vm::Visit(Read(form), [&](const Expr& e) { if (auto* call = e.As<vm::Call>()) operators.insert(call->callee.name()); });
    auto program = vm::Compile(Read(form), layout);
    REQUIRE(program);
    CHECK(vm::Verify(*program));
    for (const vm::Instruction& at : program->code) ops.insert(at.op);
  }
  for (const vm::OperatorInfo& info : vm::Operators) CHECK(operators.count(info.name));
  CHECK(ops.size() == static_cast<size_t>(Op::Return) + 1);
}

TEST_CASE("compile: what cannot run is refused") {
  auto code = [](const Expr& expr) {
    auto program = vm::Compile(expr, SomeLayout);
    INFO(vm::Print(expr).substr(0, 80));
    REQUIRE_FALSE(program);
    return program.error().code;
  };
  CHECK(code(Read("(column nope)")) == Code::NotFound);
  CHECK(code(Read("(= 1 (column nope))")) == Code::NotFound);
  CHECK(code(Read("(binding 2)")) == Code::InvalidPlan);
  CHECK(code(Read("(= (column a) (binding 2))")) == Code::InvalidPlan);
  CHECK(code(Read("(expand 1 key)")) == Code::InvalidPlan);
  CHECK(code(Read("(random)")) == Code::InvalidPlan);
  Expr deep = vm::Integer(1);
  for (size_t i = 0; i < limits::ExpressionTreeDepthMax; ++i) deep = vm::Apply(Operator::Not, deep);
  CHECK(code(deep) == Code::LimitExceeded);
  std::vector<Expr> wide;
  for (size_t i = 0; i < 9000; ++i) wide.push_back(Read("(and (or (column a) (column b)) (or (column b) (column c)))"));
  CHECK(code(vm::Apply(Operator::Or, wide)) == Code::LimitExceeded);
}

TEST_CASE("compile: comparisons with columns are fused whichever side they are on") {
  CHECK(vm::Disassemble(Compiled("(and (< 5 (column a)) (in_list (column b) 'y' 'x' 'x') (= (lower (column c)) (binding 1)))")) ==
        "  0  CompareColumnConstant column 0 > 5\n"
        "  1  JumpIfFalse           -> 11\n"
        "  2  PushColumn            column 1\n"
        "  3  InSet                 {'x', 'y'}\n"
        "  4  And\n"
        "  5  JumpIfFalse           -> 11\n"
        "  6  PushColumn            column 2\n"
        "  7  Call                  lower/1\n"
        "  8  PushBinding           binding 1\n"
        "  9  Compare               =\n"
        " 10  And\n"
        " 11  Return\n");
}

TEST_CASE("verify: programs from outside") {
  vm::Program good = Compiled("(case (= (column a) 1) (lower (column b)) (in_list (column c) 1 2))");
  REQUIRE(vm::Verify(good));
  auto broken = [&](auto damage) {
    vm::Program program = good;
    damage(program);
    return !vm::Verify(program);
  };
  CHECK(broken([](vm::Program& p) { p.code.clear(); }));
  CHECK(broken([](vm::Program& p) { p.code.pop_back(); }));
  CHECK(broken([](vm::Program& p) { p.code[0].op = static_cast<Op>(200); }));
  CHECK(broken([](vm::Program& p) { p.code[0].a = 99; }));
  CHECK(broken([](vm::Program& p) { p.code[0].b = 3; }));
  CHECK(broken([](vm::Program& p) { p.columns = 2; }));
  CHECK(broken([](vm::Program& p) { p.stack = 0; }));
  CHECK(broken([](vm::Program& p) { p.constants.clear(); }));
  CHECK(broken([](vm::Program& p) { p.functions.clear(); }));
  CHECK(broken([](vm::Program& p) { p.functions[0] = functions::Find("random", 0); }));
  CHECK(broken([](vm::Program& p) { p.sets.clear(); }));
  CHECK(broken([](vm::Program& p) { std::swap(p.sets[0][0], p.sets[0][1]); }));
  for (size_t pc = 0; pc < good.code.size(); ++pc) {
    // Without the jump over it the other branch simply runs too.
    if (good.code[pc].op != Op::Jump) CHECK(broken([&](vm::Program& p) { p.code[pc] = {Op::Pop, 0, 0, 0}; }));
    CHECK(broken([&](vm::Program& p) { p.code[pc] = {Op::Jump, 0, 0, static_cast<uint32_t>(pc)}; }));     // A loop.
    CHECK(broken([&](vm::Program& p) { p.code[pc] = {Op::Jump, 0, 0, UINT32_MAX}; }));
    CHECK(broken([&](vm::Program& p) { p.code[pc] = {Op::InValues, 0, 60'000, 0}; }));
  }
}

TEST_CASE("eval: failures and what stops before them") {
  value::Arena arena;
  vm::Context context(arena);
  Value row[] = {Value::Text("{"), Value::Integer(0), Value::Null()};
  auto run = [&](std::string_view text) {
    context.Reset();
    vm::Program program = Compiled(text);
    Value v = vm::Eval(program, {.columns = row, .expands = {}, .bindings = {}, .request = {}}, context);
    return context.failed() ? std::string(context.message()) : vm::PrintLiteral(v);
  };
  CHECK(run("(->> (column a) 'x')") == "malformed JSON");
  CHECK(run("(and (column b) (->> (column a) 'x'))") == "0");
  CHECK(run("(and (column c) (->> (column a) 'x'))") == "malformed JSON");
  CHECK(run("(or 1 (->> (column a) 'x'))") == "1");
  CHECK(run("(case (json_valid (column a)) (->> (column a) 'x') 'no')") == "'no'");
  CHECK(run("(coalesce 5 (->> (column a) 'x'))") == "5");
  CHECK(run("(+ 1 (abs (column b)))") == "1");
}

TEST_CASE("eval: lists longer than the frame's stack") {
  std::vector<Expr> items{vm::ColumnOf("a")};
  for (int i = 0; i < 5000; ++i) items.push_back(vm::Apply(Operator::Add, vm::ColumnOf("b"), vm::Integer(i)));
  auto program = vm::Compile(vm::Apply(Operator::InList, items), SomeLayout);
  REQUIRE(program);
  value::Arena arena;
  vm::Context context(arena);
  Value row[] = {Value::Integer(5004), Value::Integer(5), Value::Null()};
  CHECK(vm::EvalTrue(*program, {.columns = row, .expands = {}, .bindings = {}, .request = {}}, context));
  row[0] = Value::Integer(4);
  CHECK_FALSE(vm::EvalTrue(*program, {.columns = row, .expands = {}, .bindings = {}, .request = {}}, context));
}

TEST_CASE("fold: constants go, failures stay where they are") {
  CHECK(Folded("(+ 1 (length 'abc'))") == "4");
  CHECK(Folded("(and 1 (= (column a) (+ 1 1)))") == "(= (column a) 2)");
  CHECK(Folded("(and 1 (column a))") == "(and (column a))");
  CHECK(Folded("(and (column a) 0 (column b))") == "0");
  CHECK(Folded("(and (->> (column a) 'x') 0 (column b))") == "(and (->> (column a) 'x') 0)");
  CHECK(Folded("(or (column a) NULL)") == "(or (column a) NULL)");
  CHECK(Folded("(or (column a) 1)") == "1");
  CHECK(Folded("(or 0 0)") == "0");
  CHECK(Folded("(case 0 (column a) 1 (column b) (column c))") == "(column b)");
  CHECK(Folded("(case (column a) 1 NULL 2 3)") == "(case (column a) 1 3)");
  CHECK(Folded("(iif 'x' (column a) (column b))") == "(column b)");
  CHECK(Folded("(coalesce NULL (column a) 1 (column b))") == "(coalesce (column a) 1)");
  CHECK(Folded("(->> '{' 'x')") == "(->> '{' 'x')");
  CHECK(Folded("(json_array 1)") == "(json_array 1)");
}
