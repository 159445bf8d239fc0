// Goal: the VM, the tree evaluator and SQLite agree on every operator and function.
// Method: random expressions over rows of random values with many edges; each is run three ways. A disagreement is
// shrunk by cutting the expression down and simplifying its row while it still disagrees.

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

#include "runtime/value/convert.h"
#include "runtime/vm/tree.h"
#include "runtime/vm/vm.h"
#include "tests/property/vm_oracle.h"
#include "tests/property/vm_random.h"
#include "tests/property/vm_sql.h"

using namespace bulkhead;
using bulkhead::testing::Oracle;
using bulkhead::testing::Random;
using value::OwnedValue;
using value::Type;
using value::Value;
using vm::Expr;
using vm::Operator;

namespace {

// What SQLite 3.40 does differently from the current release or from the rule language, on purpose. The generator keeps
// away from these, or IsKnown() tells; everything else must be equal.
//   json -> 'a.b', '1', -1     3.40 reads a path, an index and a label; we: label, label, from the end
//   labels with \u escapes     3.40 compares them unread
//   '\u0000' in JSON text      3.40 ends the text there
//   nesting over 1000          3.40 goes to 2000
//   substr, round beyond int32 3.40 takes the low 32 bits of a count
//   json_valid(NULL)           3.40 gives 0
//   and/or/in stop early       3.40 evaluates all operands, so it may report an error where there is an answer
//   infinity in JSON           3.40 writes Inf, which it cannot read again
//   several edits of json_set  3.40 does not see what earlier edits made (vm_sql.h nests the calls instead)
//   json_set('{}', '$.a[#]')   3.40 makes no array that starts with [#]
//   json_set('{}', '$.a[')     3.40 does not see the mistake
//   json_set(…, blob)          3.40 refuses a blob only where it is put
//   json_patch                 of a label that is in the patch twice 3.40 takes the first
//   date modifiers             3.40 lacks subsec, floor, ceiling, ±YYYY-MM-DD; in strftime %e %F %g %G %I %k %l %p %P %R %T %u %U %V
//   date('2023-02-31')         3.40 leaves it as it is when no modifier follows
//   format('%,f')              3.40 ignores the comma before reals
//   'now', localtime, utc      refused (unit_stdlib_functions)
//   functions 3.40 lacks       concat concat_ws if iif (2, 4 and more) json_pretty octet_length timediff unhex unistr: by example
//                              (unit_stdlib_functions), some by equivalents (vm_sql.h)
//   values over 64 MiB         are errors; SQLite's limit is 1 GB
//   JSON5                      the current release reads it, 3.40 and we do not

// Any value (c0-c3); the others by kind, which is their name: see Shape.
const std::vector<std::string> ColumnNames = {"c0", "c1", "c2", "c3", "n", "j", "k", "p", "t", "d", "m", "m2", "f", "q", "r", "r2", "u"};

std::vector<OwnedValue> RandomRow(Random& random) {
  static const std::string Keys[] = {"a", "b", "c", "key", "é", "w1", "$", "$.a", "$.b[0]", "$[1]", "$[#-1].a", "$.\"x y\"", "$.", "$x"};
  static const std::string Paths[] = {"$", "$.a", "$.b", "$.a.b", "$[0]", "$[1].a", "$[#-1]", "$[#-9]", "$.\"a.b\"", "$[#]", "$.a[0][1]",
                                      "$.key", "", "a", "$.", "$[", "$[x]", "$.a[", "$.\"a", "$[#-]", "$.é", "$.w1", "$.new.x", "$.a[#]"};
  static const std::string Patterns[] = {"%", "a%", "%a%", "_", "__", "%B%", "a_c", "*", "a*", "[a-c]*", "[^x]?", "*b*", "%é%", "", "!%", "[]]", "[a-"};
  std::vector<OwnedValue> row;
  for (int i = 0; i < 4; ++i) row.push_back(random.Any());
  row.push_back(random.OneIn(8) ? random.Text(std::to_string(random.Below(9)) + "x")
                                : OwnedValue(Value::Integer(static_cast<int64_t>(random.Below(14)) - 5)));
  row.push_back(random.OneIn(12)     ? random.Any()
                : random.OneIn(200) ? random.Text(random.DeepJson())
                                     : random.Text(random.OneIn(10) ? random.BrokenJson() : random.Json()));
  row.push_back(random.OneIn(3) ? OwnedValue(Value::Integer(static_cast<int64_t>(random.Below(4)))) : random.Text(random.Pick(Keys)));
  row.push_back(random.OneIn(15) ? OwnedValue() : random.Text(random.Pick(Paths)));
  row.push_back(random.OneIn(15) ? random.Any() : random.Text(random.Pick(Patterns)));
  row.push_back(random.Time());
  for (int i = 0; i < 2; ++i) row.push_back(random.OneIn(40) ? OwnedValue() : random.Text(random.Modifier()));
  row.push_back(random.OneIn(40) ? random.Any() : random.Text(random.TimeFormat()));
  row.push_back(random.OneIn(40) ? random.Any() : random.Text(random.PrintFormat()));
  for (int i = 0; i < 2; ++i) {
    row.push_back(random.OneIn(10) ? random.Any()
                  : random.OneIn(3) ? OwnedValue(Value::Integer(random.Integer()))
                  : random.OneIn(3) ? random.Text(random.NumberText())
                                    : OwnedValue(Value::Real(random.Real())));
  }
  row.push_back(random.Text(random.Patch()));
  return row;
}

// Functions SQLite has. Each letter is an argument: c any, n small number, j JSON, v JSON but not NULL, p path, t pattern, d time, m modifier,
// f strftime's format, q printf's format, r number, u patch, h a probability; `*` repeats the last one or, after a
// comma, the last pair.
struct Shape {
  const char* name;
  const char* args;
};
constexpr Shape Functions[] = {
    {"abs", "r"}, {"coalesce", "cc*"}, {"ifnull", "cc"}, {"nullif", "cc"}, {"iif", "ccc"}, {"iif", "cc"}, {"iif", "cccc*"}, {"if", "cc*"},
    {"length", "c"}, {"lower", "c"}, {"upper", "c"}, {"substr", "cn"}, {"substr", "cnn"}, {"substring", "cnn"}, {"instr", "cc"},
    {"replace", "ccc"}, {"trim", "c"}, {"trim", "cc"}, {"ltrim", "c"}, {"ltrim", "cc"}, {"rtrim", "c"}, {"rtrim", "cc"}, {"hex", "c"},
    {"typeof", "c"}, {"round", "r"}, {"round", "rn"}, {"sign", "r"}, {"min", "cc*"}, {"max", "cc*"}, {"char", "c*"},
    {"unicode", "c"}, {"quote", "c"}, {"like", "tc"}, {"glob", "tc"}, {"like", "tcc"}, {"json", "j"}, {"json_valid", "v"},
    {"json_type", "j"}, {"json_type", "jp"}, {"json_array_length", "j"}, {"json_array_length", "jp"},
    {"json_extract", "jp"}, {"json_extract", "jpp*"}, {"json_array", "c*"}, {"json_object", "tcc"}, {"json_quote", "c"},
    {"json_insert", "jpc"}, {"json_insert", "jpcpc"}, {"json_replace", "jpc"}, {"json_replace", "jpcpc"}, {"json_set", "jpc"},
    {"json_set", "jpcpc"}, {"json_set", "j"}, {"json_remove", "jp"}, {"json_remove", "jpp"}, {"json_patch", "ju"}, {"json_remove", "j"},
    {"date", "d"}, {"date", "dm"}, {"date", "dmm"}, {"time", "d"}, {"time", "dm"}, {"time", "dmm"}, {"datetime", "d"},
    {"datetime", "dm"}, {"datetime", "dmm"}, {"datetime", "dmmm"}, {"julianday", "d"}, {"julianday", "dm"}, {"julianday", "dmm"},
    {"unixepoch", "d"}, {"unixepoch", "dm"}, {"unixepoch", "dmm"}, {"strftime", "fd"}, {"strftime", "fdm"}, {"strftime", "fdmm"},
    {"format", "qc*"}, {"format", "qrc*"}, {"printf", "qr*"}, {"printf", "qrrr*"}, {"likely", "c"}, {"unlikely", "c"}, {"likelihood", "ch"},
    {"zeroblob", "n"}, {"soundex", "c"}, {"octet_length", "c"}, {"concat", "c*"}, {"acos", "r"}, {"acosh", "r"}, {"asin", "r"},
    {"asinh", "r"}, {"atan", "r"}, {"atan2", "rr"}, {"atanh", "r"}, {"ceil", "r"}, {"ceiling", "r"}, {"cos", "r"}, {"cosh", "r"},
    {"degrees", "r"}, {"exp", "r"}, {"floor", "r"}, {"ln", "r"}, {"log", "r"}, {"log", "rr"}, {"log10", "r"}, {"log2", "r"},
    {"mod", "rr"}, {"pi", ""}, {"pow", "rr"}, {"power", "rr"}, {"radians", "r"}, {"sin", "r"}, {"sinh", "r"}, {"sqrt", "r"},
    {"tan", "r"}, {"tanh", "r"}, {"trunc", "r"}};

class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  Expr Any(int depth) {
    if (depth == 0 || random_.OneIn(5)) return vm::ColumnOf(ColumnNames[random_.Below(4)]);
    return random_.OneIn(2) ? Function(depth - 1) : Operation(depth - 1);
  }

 private:
  Expr OfKind(char kind, int depth) {
    switch (kind) {
      case 'c': return random_.OneIn(12) ? vm::ColumnOf("j") : Any(depth);
      case 'h': return vm::Real(0.5);
      case 'm': return vm::ColumnOf(random_.OneIn(2) ? "m" : "m2");
      case 'r': return random_.OneIn(8) ? Any(depth) : vm::ColumnOf(random_.OneIn(2) ? "r" : "r2");
      case 'd': return random_.OneIn(10) ? Any(depth) : vm::ColumnOf("d");
      case 't': return random_.OneIn(6) ? Any(depth) : vm::ColumnOf("t");
      case 'v': return *vm::ApplyNamed("coalesce", {OfKind('j', depth), vm::Text("{")});
      case 'j': return random_.OneIn(4) ? Any(depth) : vm::ColumnOf("j");
      default: return vm::ColumnOf(std::string(1, kind));
    }
  }

  Expr Function(int depth) {
    const Shape& shape = random_.Pick(Functions);
    std::vector<Expr> args;
    char last = 'c';
    for (const char* at = shape.args; *at; ++at) {
      if (*at == '*') {
        for (size_t more = random_.Below(3); more > 0; --more) args.push_back(OfKind(last, depth));
      } else {
        args.push_back(OfKind(last = *at, depth));
      }
    }
    if (std::string_view(shape.name) == "json_object") args.erase(args.begin() + 2 * (args.size() / 2), args.end());
    return *vm::ApplyNamed(shape.name, std::move(args));
  }

  Expr Operation(int depth) {
    // Those without SQL of their own are tested by the cases below.
    static constexpr Operator WithoutSql[] = {Operator::ApplyNumeric, Operator::ApplyText, Operator::FoldNocase};
    Operator op;
    do {
      op = static_cast<Operator>(random_.Below(std::size(vm::Operators)));
    } while (std::count(std::begin(WithoutSql), std::end(WithoutSql), op));
    if (op == Operator::JsonArrow || op == Operator::JsonArrowText) {
      return vm::Apply(op, OfKind('j', depth), vm::ColumnOf("k"));
    }
    if (op == Operator::InJson) return vm::Apply(op, Any(depth), OfKind('j', depth));
    if (op == Operator::Overlap) return vm::Apply(op, vm::ColumnOf("j"), random_.OneIn(2) ? vm::ColumnOf("j") : Any(0));
    const vm::OperatorInfo& info = vm::Info(op);
    size_t count = std::min<size_t>(info.args_max, info.args_min + random_.Below(4));
    if (op == Operator::InList && count == 1) count = 2;
    std::vector<Expr> args;
    for (size_t i = 0; i < count; ++i) args.push_back(Any(depth));
    return vm::Apply(op, std::move(args));
  }

  Random& random_;
};

struct Outcome {
  bool failed = false;
  bool too_large = false;  // For our limits, which SQLite's are above.
  OwnedValue value;
  bool operator==(const Outcome& other) const {
    if (failed != other.failed) return false;
    return failed || value == other.value;
  }
  std::string Shown() const { return failed ? "an error" : vm::PrintLiteral(value.view()); }
};

class Runner {
 public:
  Outcome Vm(const Expr& expr, const std::vector<OwnedValue>& row) {
    auto program = vm::Compile(expr, {ColumnNames, 0, 0});
    REQUIRE(program);
    return Run(row, [&](const vm::Inputs& inputs) { return vm::Eval(*program, inputs, context_); });
  }
  Outcome Tree(Expr expr, const std::vector<OwnedValue>& row) {
    REQUIRE(vm::Bind(expr, ColumnNames));
    return Run(row, [&](const vm::Inputs& inputs) { return vm::EvalTree(expr, inputs, context_); });
  }
  Outcome Folded(Expr expr, const std::vector<OwnedValue>& row) {
    // Constants in place of the columns: the whole expression folds, unless it fails.
    vm::VisitMutable(expr, [&](Expr& node) {
      const vm::Column* column = node.As<vm::Column>();
      if (!column) return;
      auto slot = std::find(ColumnNames.begin(), ColumnNames.end(), column->name) - ColumnNames.begin();
      node = vm::Constant(row[static_cast<size_t>(slot)].view());
    });
    return Vm(vm::Fold(expr), row);
  }
  Outcome Sqlite(const Expr& expr, const std::vector<OwnedValue>& row) {
    std::string sql = "select " + testing::Sql(expr) + " from (select ";
    for (size_t i = 0; i < ColumnNames.size(); ++i) sql += (i ? ", ?" : "?") + std::to_string(i + 1) + " as " + ColumnNames[i];
    std::optional<OwnedValue> answer = oracle_.Ask(sql + ")", row, /*keep=*/true);
    return answer ? Outcome{false, false, *answer} : Outcome{true, false, {}};
  }
  const std::string& error() const { return oracle_.error(); }
  void Forget() { oracle_.Forget(); }

 private:
  template <typename Evaluate>
  Outcome Run(const std::vector<OwnedValue>& row, Evaluate evaluate) {
    std::vector<Value> views;
    for (const OwnedValue& v : row) views.push_back(v.view());
    context_.Reset();
    OwnedValue v(evaluate(vm::Inputs{.columns = views, .expands = {}, .bindings = {}, .request = {}}));
    bool too_large = context_.message().find("too large") != std::string_view::npos || context_.message().find("too much") != std::string_view::npos;
    return {context_.failed(), too_large, context_.failed() ? OwnedValue() : v};
  }

  Oracle oracle_;
  value::Arena arena_;
  vm::Context context_{arena_};
};

bool StopsEarly(const Expr& expr) {
  bool stops = false;
  vm::Visit(expr, [&](const Expr& node) {
    for (Operator op : {Operator::And, Operator::Or, Operator::InList, Operator::InJson, Operator::Overlap,
                        Operator::Between}) {
      stops |= node.Args(op) != nullptr;
    }
  });
  return stops;
}

// SQLite 3.40 reads \u0000 as the end of the text, so what it makes of an embedded NUL it cannot read back.
bool NulThroughJson(const Expr& expr, const std::vector<OwnedValue>& row) {
  bool makes = false, reads = false, nul = false;
  for (const OwnedValue& v : row) nul |= v.view().is_bytes() && v.view().bytes().find('\0') != std::string_view::npos;
  vm::Visit(expr, [&](const Expr& node) {
    const vm::Call* call = node.As<vm::Call>();
    if (!call) return;
    std::string_view name = call->callee.name();
    nul |= name == "char";
    makes |= name.starts_with("json");
    nul |= name == "format" || name == "printf" || name == "zeroblob";
    reads |= name == "json_extract" || name == "->>" || name == "in_json" || name == "overlap";
  });
  return makes && reads && nul;
}

// Whether a path has, behind other steps, an index from the end or a mistake.
bool HasOddIndex(std::string_view path) {
  for (size_t at = 2; path.starts_with('$') && (at = path.find('[', at)) != std::string_view::npos; ++at) {
    size_t end = std::min(path.find_first_not_of("0123456789", at + 1), path.size());
    if (end == at + 1 || end == path.size() || path[end] != ']') return true;
  }
  return false;
}

bool Calls(const Expr& expr, std::initializer_list<std::string_view> names, size_t args_max = SIZE_MAX) {
  bool calls = false;
  vm::Visit(expr, [&](const Expr& node) {
    const vm::Call* call = node.As<vm::Call>();
    calls |= call && call->args.size() <= args_max && std::count(names.begin(), names.end(), call->callee.name());
  });
  return calls;
}

// A date past its month's end that no modifier follows.
bool KnownDate(const Expr& expr, const std::vector<OwnedValue>& row) {
  if (!Calls(expr, {"date", "datetime"}, 1) && !Calls(expr, {"strftime"}, 2)) return false;
  return std::any_of(row.begin(), row.end(), [](const OwnedValue& v) {
    std::string_view text = v.view().is_bytes() ? v.view().bytes() : "";
    return text.find("-29") != text.npos || text.find("-30") != text.npos || text.find("-31") != text.npos;
  });
}

// A comma among the flags of a conversion of reals.
bool KnownFormat(const Expr& expr, const std::vector<OwnedValue>& row) {
  if (!Calls(expr, {"format", "printf"})) return false;
  return std::any_of(row.begin(), row.end(), [](const OwnedValue& v) {
    std::string_view text = v.view().is_bytes() ? v.view().bytes() : "";
    for (size_t at = 0; (at = text.find('%', at)) != text.npos;) {
      size_t letter = text.find_first_not_of("-+ #!0,123456789.*l", ++at);
      bool comma = text.substr(at, letter - at).find(',') != text.npos;
      if (comma && letter != text.npos && std::string_view("feEgG").find(text[letter]) != text.npos) return true;
    }
    return false;
  });
}

using Names = std::vector<std::string_view>;
const Names Makers = {"json_array",  "json_object",  "json_quote", "json_set",
                                                            "json_insert", "json_replace"};
const Names Edits = {"json_set", "json_insert", "json_replace"};

// Whether some call of these functions gets a value of which `odd` holds.
template <typename Odd>
bool AnyArgument(Runner& runner, const Expr& expr, const std::vector<OwnedValue>& row,
                 const Names& names, Odd odd) {
  bool any = false;
  vm::Visit(expr, [&](const Expr& node) {
    const vm::Call* call = node.As<vm::Call>();
    if (any || !call || !std::count(names.begin(), names.end(), call->callee.name())) return;
    for (size_t i = 0; i < call->args.size(); ++i) any |= odd(i, runner.Vm(call->args[i], row).value.view());
  });
  return any;
}

// Infinity in JSON is 9.0e+999 in the current release and Inf in 3.40, which no function reads again. Edits differ where a
// blob, an odd path or a missing document is in play.
bool KnownJson(Runner& runner, const Expr& expr, const std::vector<OwnedValue>& row, const Outcome& ours) {
  auto infinite = [](size_t, Value v) { return v.type() == Type::Real && v.real() - v.real() != 0; };
  auto odd = [&](size_t i, Value v) {
    return (i == 0 && v.is_null()) || (ours.failed && v.type() == Type::Blob) || (i % 2 == 1 && v.type() == Type::Text && HasOddIndex(v.bytes()));
  };
  return AnyArgument(runner, expr, row, Makers, infinite) || AnyArgument(runner, expr, row, Edits, odd);
}

bool IsKnown(Runner& runner, const Expr& expr, const std::vector<OwnedValue>& row, const Outcome& ours, const Outcome& sqlite) {
  return (ours.failed != sqlite.failed && StopsEarly(expr)) || NulThroughJson(expr, row) || KnownJson(runner, expr, row, ours) ||
          KnownDate(expr, row) || KnownFormat(expr, row);
}

// What is wrong, or empty. Counts answers of the outermost call.
using Coverage = std::map<std::string, uint64_t>;

std::string Disagreement(Runner& runner, const Expr& expr, const std::vector<OwnedValue>& row, Coverage* coverage = nullptr) {
  Outcome vm = runner.Vm(expr, row), tree = runner.Tree(expr, row);
  if (!(vm == tree)) return "VM: " + vm.Shown() + ", tree: " + tree.Shown();
  Outcome folded = runner.Folded(expr, row);
  if (!(vm == folded)) return "VM: " + vm.Shown() + ", folded: " + folded.Shown();
  if (vm.too_large) return "";
  Outcome sqlite = runner.Sqlite(expr, row);
  if (vm == sqlite || IsKnown(runner, expr, row, vm, sqlite)) {
    const vm::Call* call = expr.As<vm::Call>();
    if (coverage && call && vm == sqlite && !vm.failed && !vm.value.is_null()) ++(*coverage)[std::string(call->callee.name())];
    return "";
  }
  return "ours: " + vm.Shown() + ", SQLite: " + sqlite.Shown() + (sqlite.failed ? " " + runner.error() : "");
}

// Smaller trees: the arguments themselves, and the tree with one argument made smaller.
std::vector<Expr> Smaller(const Expr& expr) {
  std::vector<Expr> all;
  const vm::Call* call = expr.As<vm::Call>();
  if (!call) return all;
  for (const Expr& arg : call->args) all.push_back(arg);
  for (size_t i = 0; i < call->args.size(); ++i) {
    if (call->args.size() > call->callee.args_min()) {
      Expr fewer = expr;
      auto& args = fewer.As<vm::Call>()->args;
      args.erase(args.begin() + static_cast<long>(i));
      all.push_back(std::move(fewer));
    }
    for (Expr& smaller : Smaller(call->args[i])) {
      Expr changed = expr;
      changed.As<vm::Call>()->args[i] = std::move(smaller);
      all.push_back(std::move(changed));
    }
  }
  return all;
}

void Shrink(Runner& runner, Expr& expr, std::vector<OwnedValue>& row) {
  for (bool changed = true; changed;) {
    changed = false;
    for (Expr& smaller : Smaller(expr)) {
      if (Disagreement(runner, smaller, row).empty()) continue;
      expr = std::move(smaller);
      changed = true;
      break;
    }
  }
  for (OwnedValue& v : row) {
    OwnedValue kept = v;
    for (const OwnedValue& simple : {OwnedValue(), OwnedValue(Value::Integer(1)), OwnedValue(Value::Text("a"))}) {
      v = simple;
      if (!Disagreement(runner, expr, row).empty()) break;
      v = kept;
    }
  }
}

std::string Shown(const Expr& expr, const std::vector<OwnedValue>& row) {
  std::string text = vm::Print(expr);
  vm::Reads reads = vm::ReadsOf(expr);
  for (size_t i = 0; i < row.size(); ++i) {
    if (std::count(reads.columns.begin(), reads.columns.end(), ColumnNames[i])) {
      text += "\n  " + ColumnNames[i] + " = " + vm::PrintLiteral(row[i].view());
    }
  }
  return text + "\n  " + testing::Sql(expr);
}

// Operators and functions that were seldom seen to give a value, one a line.
std::string Seldom(const Coverage& coverage, uint64_t least) {
  std::set<std::string> names;
  for (const Shape& shape : Functions) names.insert(shape.name);
  for (const vm::OperatorInfo& info : vm::Operators) names.insert(std::string(info.name));
  for (const char* without_sql : {"apply_numeric", "apply_text", "fold_nocase"}) names.erase(without_sql);
  std::string text;
  for (const std::string& name : names) {
    auto found = coverage.find(name);
    uint64_t times = found == coverage.end() ? 0 : found->second;
    if (times < least) text += "\n  " + name + " " + std::to_string(times);
  }
  return text;
}

}  // namespace

// BULKHEAD_LONG asks for a million evaluations. A million expressions, each over four rows, take some minutes:
//   cmake --preset release-tests && ninja -C build/release-tests property_vm_expressions
//   BULKHEAD_CASES=1000000 BULKHEAD_SEED=7 build/release-tests/property_vm_expressions "expressions: VM*"
TEST_CASE("expressions: VM = tree = folded = SQLite", "[property]") {
  Runner runner;
  constexpr uint64_t RowsPerExpression = 4, ExpressionsShort = 12'000, ExpressionsLong = 250'000;
  uint64_t first = testing::SeedOr(1), cases = testing::CasesOr(std::getenv("BULKHEAD_LONG") ? ExpressionsLong : ExpressionsShort);
  Random random(first);
  Coverage coverage;
  for (uint64_t i = 0; i < cases; ++i) {
    Expr expr = Generator(random).Any(1 + static_cast<int>(random.Below(3)));
    runner.Forget();
    for (uint64_t r = 0; r < RowsPerExpression; ++r) {
      std::vector<OwnedValue> row = RandomRow(random);
      if (Disagreement(runner, expr, row, &coverage).empty()) continue;
      Shrink(runner, expr, row);
      FAIL("BULKHEAD_SEED=" << first << " case " << i << ": " << Disagreement(runner, expr, row) << "\n  " << Shown(expr, row));
    }
  }
  if (cases >= ExpressionsShort) CHECK(Seldom(coverage, cases / 1000) == "");
}

TEST_CASE("expressions: affinity of a CAST in comparisons", "[property]") {
  Oracle oracle;
  value::Arena arena;
  vm::Context context(arena);
  uint64_t seed = testing::SeedOr(3), cases = testing::CasesOr(30'000);
  Random random(seed);
  struct Cast {
    const char* type;
    Operator cast, apply;
  };
  constexpr Cast Casts[] = {{"integer", Operator::CastInteger, Operator::ApplyNumeric},
                            {"real", Operator::CastReal, Operator::ApplyNumeric},
                            {"numeric", Operator::CastNumeric, Operator::ApplyNumeric},
                            {"text", Operator::CastText, Operator::ApplyText}};
  constexpr Operator Comparisons[] = {Operator::Eq, Operator::Ne, Operator::Lt, Operator::Ge, Operator::Is};
  for (uint64_t i = 0; i < cases; ++i) {
    OwnedValue row[] = {random.OneIn(2) ? random.Any() : random.Text(random.NumberText()), random.Any()};
    const Cast& cast = random.Pick(Casts);
    Operator op = random.Pick(Comparisons);
    Expr expr = vm::Apply(op, vm::Apply(cast.apply, vm::ColumnOf("a")), vm::Apply(cast.cast, vm::ColumnOf("b")));
    auto program = vm::Compile(expr, {{"a", "b"}, 0, 0});
    Value views[] = {row[0].view(), row[1].view()};
    context.Reset();
    OwnedValue ours(vm::Eval(*program, {.columns = views, .expands = {}, .bindings = {}, .request = {}}, context));
    std::string sql = "select ?1 " + std::string(vm::Info(op).name) + " cast(?2 as " + cast.type + ")";
    OwnedValue expected = *oracle.Ask(sql, row, true);
    INFO("BULKHEAD_SEED=" << seed << " case " << i << ": " << sql << " " << vm::PrintLiteral(views[0]) << " " << vm::PrintLiteral(views[1]));
    if (!(ours == expected)) FAIL("ours " << vm::PrintLiteral(ours.view()) << " SQLite " << vm::PrintLiteral(expected.view()));
  }
}

TEST_CASE("expressions: NOCASE is comparison of folded text", "[property]") {
  Oracle oracle;
  value::Arena arena;
  vm::Context context(arena);
  uint64_t seed = testing::SeedOr(4), cases = testing::CasesOr(20'000);
  Random random(seed);
  Expr expr = vm::Apply(Operator::Lt, vm::Apply(Operator::FoldNocase, vm::ColumnOf("a")), vm::Apply(Operator::FoldNocase, vm::ColumnOf("b")));
  auto program = vm::Compile(expr, {{"a", "b"}, 0, 0});
  for (uint64_t i = 0; i < cases; ++i) {
    OwnedValue row[] = {random.Any(), random.Any()};
    auto has_nul = [](const OwnedValue& v) { return v.type() == Type::Text && v.view().bytes().find('\0') != std::string_view::npos; };
    if (has_nul(row[0]) || has_nul(row[1])) continue;  // NOCASE stops there.
    Value views[] = {row[0].view(), row[1].view()};
    context.Reset();
    OwnedValue ours(vm::Eval(*program, {.columns = views, .expands = {}, .bindings = {}, .request = {}}, context));
    OwnedValue expected = *oracle.Ask("select ?1 < ?2 collate nocase", row, true);
    INFO("BULKHEAD_SEED=" << seed << " case " << i << ": " << vm::PrintLiteral(views[0]) << " " << vm::PrintLiteral(views[1]));
    if (!(ours == expected)) FAIL("ours " << vm::PrintLiteral(ours.view()) << " SQLite " << vm::PrintLiteral(expected.view()));
  }
}
