// What one value costs: a filter, a JSON element, a row's JSON, a key, a checksum.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "runtime/base/check.h"
#include "runtime/base/hash.h"
#include "runtime/value/json.h"
#include "runtime/value/key.h"
#include "runtime/vm/vm.h"

using namespace bulkhead;
using value::Value;

namespace {

vm::Program Compiled(std::string_view text, std::vector<std::string> columns) {
  auto expr = vm::Parse(text);
  CHECK_INVARIANT(expr, "benchmark expressions parse");
  auto program = vm::Compile(*expr, {std::move(columns), 0, 0});
  CHECK_INVARIANT(program, "benchmark expressions compile");
  return *std::move(program);
}

// Evaluates over one row again and again, as the engine does: reset, evaluate.
void Evaluate(benchmark::State& state, const vm::Program& program, std::span<const Value> row) {
  value::Arena arena;
  vm::Context context(arena);
  vm::Inputs inputs;
  inputs.columns = row;
  for (auto _ : state) {
    context.Reset();
    benchmark::DoNotOptimize(vm::Eval(program, inputs, context));
  }
}

// About 1 kB of names, short and long texts, numbers.
std::string Document() {
  std::string text = "{";
  for (int i = 0; text.size() < 1000; ++i) {
    text += (i ? ",\"field_name" : "\"field_name") + std::to_string(i) + "\":";
    switch (i % 4) {
      case 0: text += "\"a longer text value with words in it, as titles have " + std::to_string(i) + "\""; break;
      case 1: text += std::to_string(i * 12345); break;
      case 2: text += "true"; break;
      default: text += "\"8e1b2c3d-0000-4abc-9def-001122334455\"";
    }
  }
  return text + "}";
}

void Filter(benchmark::State& state) {
  vm::Program program = Compiled("(and (= (column a) 'w1') (<> (column b) 'done'))", {"a", "b"});
  Value row[] = {Value::Text("w1"), Value::Text("open")};
  Evaluate(state, program, row);
}
BENCHMARK(Filter);

void InList(benchmark::State& state) {
  vm::Program program = Compiled("(in_list (column a) 'w1' 'w2' 'w3' 'w4')", {"a"});
  Value row[] = {Value::Text("w3")};
  Evaluate(state, program, row);
}
BENCHMARK(InList);

void JsonElement(benchmark::State& state) {
  vm::Program program = Compiled("(->> (column a) 'field_name10')", {"a"});
  std::string document = Document();
  Value row[] = {Value::Text(document)};
  Evaluate(state, program, row);
}
BENCHMARK(JsonElement);

// 1 kB of short labels and numbers: the most tokens per byte that documents have in practice.
void JsonDense(benchmark::State& state) {
  vm::Program program = Compiled("(->> (column a) 'c5')", {"a"});
  std::string document = "{";
  for (int i = 0; document.size() < 1000; ++i) {
    document += (i ? ",\"" : "\"") + std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i) + "\":";
    document += i % 5 == 4 ? std::string("[1,2,null]") : i % 3 == 2 ? std::string("true") : std::to_string(i * i * 7);
  }
  document += "}";
  Value row[] = {Value::Text(document)};
  Evaluate(state, program, row);
}
BENCHMARK(JsonDense);

void RowJson(benchmark::State& state) {
  std::vector<std::string> names = {"id", "workspace_id", "project_id", "title", "description", "status",
                                    "priority", "assignee_id", "created_at", "updated_at", "position", "done"};
  std::string uuid = "8e1b2c3d-0000-4abc-9def-001122334455", time = "2026-01-01T00:00:00Z";
  Value row[] = {Value::Text(uuid), Value::Text(uuid), Value::Text(uuid), Value::Text("Write the report about things"),
                 Value::Text("A longer description of the task which has some words in it"), Value::Text("open"),
                 Value::Integer(3), Value::Text("user17"), Value::Text(time), Value::Text(time), Value::Real(12.5),
                 Value::Integer(0)};
  value::JsonRowShape shape(names);
  value::JsonWriter writer;
  for (auto _ : state) {
    writer.Clear();
    shape.Write(writer, row);
    benchmark::DoNotOptimize(writer.view().data());
  }
}
BENCHMARK(RowJson);

void Key(benchmark::State& state) {
  Value values[] = {Value::Text("8e1b2c3d-0000-4abc-9def-001122334455"), Value::Integer(5)};
  std::string key;
  for (auto _ : state) {
    key.clear();
    value::AppendKey(key, values);
    benchmark::DoNotOptimize(key.data());
  }
}
BENCHMARK(Key);

void Checksum(benchmark::State& state) {
  std::string data(280, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Sha256({"put.", "tasks", ".", "t1", ".", data}));
}
BENCHMARK(Checksum);

}  // namespace
