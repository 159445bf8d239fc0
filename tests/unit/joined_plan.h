// A plan by hand whose rows come of three tables, for tests of everything that takes such plans.
#pragma once

#include "sample_plan.h"

namespace bulkhead::plan {

// Comments with their task's title, by their project's workspace: comments ⋈ tasks ⋈ projects.
//   tables 0 comments, 1 tasks, 2 projects; 3 the derived one
//   bucket w: comments by workspace, and projects as they are (pipeline 1)      stream all (auto): auth.sub's workspace
inline Plan JoinedPlan() {
  Plan plan;
  plan.tables = {
      {"", "comments", {"id"}, {"id", "task_id", "body"}, false},
      {"", "tasks", {"id"}, {"id", "project_id", "title"}, false},
      {"", "projects", {"id"}, {"id", "workspace_id"}, false},
      {"", "~joined", {"id"}, {"id", "body", "title", "workspace_id"}, false},
  };
  plan.tables[3].node = 5;
  auto fields = [](std::initializer_list<const char*> names) {
    std::vector<vm::Expr> list;
    for (const char* name : names) list.push_back(vm::ColumnOf(name));
    return list;
  };
  plan.nodes = {
      {{}, Scan{0, {}, E("(<> (column body) 'hidden')"), fields({"id", "task_id", "body"})}},
      {{}, Scan{1, {}, {}, fields({"id", "project_id", "title"})}},
      {{}, Scan{2, {}, {}, fields({"id", "workspace_id"})}},
      {{0, 1}, Join{{1}, {0}, {}}},
      {{3, 2}, Join{{4}, {0}, {}}},
      {{4}, Map{{}, fields({"0", "2", "5", "7"})}},
  };
  Pipeline comments;
  comments.table = 3;
  comments.keys = fields({"workspace_id"});
  comments.output_table = "comments";
  comments.output_id = E("(column id)");
  comments.output = {{"body", E("(column body)")}, {"title", E("(column title)")}};
  Pipeline projects;
  projects.table = 2;
  projects.keys = fields({"workspace_id"});
  projects.output_table = "projects";
  projects.output_id = E("(column id)");
  projects.output = {{"", std::nullopt}};
  plan.pipelines = {comments, projects};
  plan.buckets = {{"w", 1, {0, 1}}};
  Stream all{.name = "all", .auto_subscribe = true, .priority = 3, .parameters = {}, .queriers = {}, .span = {}};
  all.queriers = {{0, std::nullopt, {}, {E("(->> (request auth) 'sub')")}, {}}};
  plan.streams = {all};
  return plan;
}

}  // namespace bulkhead::plan
