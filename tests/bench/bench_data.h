// Rows and plan of the benchmarks: tasks of 12 columns and about 300 bytes of JSON in 200 workspaces.
#pragma once

#include <fmt/format.h>

#include <deque>

#include "runtime/plan/load.h"
#include "runtime/value/change.h"

namespace bulkhead::bench {

// One bucket a workspace; the members of each by user.
inline plan::Plan TaskPlan() {
  plan::Plan plan;
  plan.tables = {{"", "tasks", {"id"},
                  {"id", "workspace_id", "project_id", "title", "body", "status", "priority", "assignee_id", "estimate",
                   "position", "created_at", "updated_at"}, false},
                 {"", "members", {"id"}, {"id", "user_id", "workspace_id"}, false}};
  plan::Pipeline tasks;
  tasks.table = 0;
  tasks.keys = {vm::ColumnOf("workspace_id")};
  tasks.output_table = "tasks";
  tasks.output_id = vm::ColumnOf("id");
  tasks.output = {{"", std::nullopt}};
  plan.pipelines = {tasks};
  plan::Lookup members;
  members.table = 1;
  members.inputs = {vm::ColumnOf("user_id")};
  members.outputs = {vm::ColumnOf("workspace_id")};
  plan.lookups = {members};
  plan.buckets = {{"5b2f91c04d7e", 1, {0}}};
  plan::Stream stream{.name = "tasks", .auto_subscribe = true, .priority = 3, .parameters = {}, .queriers = {}, .span = {}};
  vm::Expr user = vm::Apply(vm::Operator::JsonArrowText, vm::RequestOf(vm::RequestPart::Auth), vm::Text("sub"));
  stream.queriers = {{0, std::nullopt, {{plan::LookupStage{0, {user}}, std::nullopt}}, {vm::BindingOf(0)}, {}}};
  plan.streams = {stream};
  return plan;
}

// Rows that own their text.
class Tasks {
 public:
  explicit Tasks(size_t count) {
    shape_ = std::make_shared<value::RowShape>(value::RowShape{TaskPlan().tables[0].columns});
    for (size_t i = 0; i < count; ++i) Add(i);
  }
  size_t size() const { return rows_.size(); }
  value::RowView Row(size_t i) const { return {shape_, rows_[i].values}; }
  std::span<const value::Value> Key(size_t i) const { return std::span(rows_[i].values).first(1); }

 private:
  struct Owned {
    std::vector<std::string> texts;
    std::vector<value::Value> values;
  };
  void Add(size_t i) {
    // As random as a UUID, the same every time.
    uint64_t mixed = (i + 1) * 0x9e3779b97f4a7c15u;
    Owned& row = rows_.emplace_back();  // stays where it is: its values are views of its texts
    row.texts = {fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", mixed >> 32, (mixed >> 16) & 0xffff, mixed & 0xfff, i & 0xfff, mixed & 0xffffffffffff),
                 fmt::format("workspace-{:04}", mixed % 200),
                 fmt::format("project-{:05}", mixed % 2000),
                 fmt::format("Write the report number {}", i),
                 "Collect the figures, check them, and send them round.",
                 i % 3 ? "open" : "done",
                 fmt::format("user-{:05}", mixed % 5000),
                 "2026-03-01T10:20:30.123Z",
                 "2026-03-02T11:21:31.456Z"};
    using value::Value;
    auto text = [&](size_t k) { return Value::Text(row.texts[k]); };
    row.values = {text(0), text(1), text(2), text(3), text(4), text(5), Value::Integer(static_cast<int64_t>(i % 5)),
                  text(6), Value::Real(static_cast<double>(i % 16) / 2), Value::Integer(static_cast<int64_t>(i)), text(7), text(8)};
  }

  std::shared_ptr<const value::RowShape> shape_;
  std::deque<Owned> rows_;
};

}  // namespace bulkhead::bench
