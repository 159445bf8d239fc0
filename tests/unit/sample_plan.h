// A plan written by hand, for tests of everything that takes plans.
#pragma once

#include <catch2/catch.hpp>

#include "runtime/plan/load.h"

namespace bulkhead::plan {

// An expression in the text form of vm::Print.
inline vm::Expr E(std::string_view text) {
  auto expr = vm::Parse(text);
  if (!expr) FAIL(text << ": " << expr.error().message);
  return *std::move(expr);
}

// Tasks of my workspaces (tables tasks and members), my own open tasks by tag, and notes without a schema.
//   bucket w: tasks by workspace         stream mine (auto, priority 1): workspaces of auth.sub by lookup members
//   bucket t: open tasks by tag          stream tagged (tag text NOT NULL, urgent integer DEFAULT 0)
//   bucket n: notes, everyone's          stream notes (auto): when auth says notes
inline Plan SamplePlan() {
  Plan plan;
  plan.files = {"sample.sync"};
  plan.claims = {{"sub", ParameterType::Text, true}};
  plan.tables = {
      {"", "tasks", {"id"}, {"id", "workspace_id", "title", "done", "tags"}, false},
      {"", "members", {"user_id", "workspace_id"}, {"user_id", "workspace_id", "role"}, false},
      {"app", "notes", {"id"}, {}, true},
  };
  Pipeline by_workspace;
  by_workspace.table = 0;
  by_workspace.keys = {E("(column workspace_id)")};
  by_workspace.output_table = "tasks";
  by_workspace.output_id = E("(column id)");
  by_workspace.output = {{"", std::nullopt}, {"title", E("(upper (column title))")}};
  Pipeline by_tag;
  by_tag.table = 0;
  by_tag.expansions = {{"json_each", E("(column tags)")}};
  by_tag.filter = E("(= (column done) 0)");
  by_tag.keys = {E("(expand 0 value)")};
  by_tag.output_table = "tagged_tasks";
  by_tag.output_id = E("(column id)");
  by_tag.output = {{"id", E("(column id)")}, {"title", E("(column title)")}};
  Pipeline notes;
  notes.table = 2;
  notes.output_table = "notes";
  notes.output_id = E("(column id)");
  notes.output = {{"", std::nullopt}};
  plan.pipelines = {by_workspace, by_tag, notes};
  Lookup members;
  members.table = 1;
  members.filter = E("(<> (column role) 'guest')");
  members.inputs = {E("(column user_id)")};
  members.outputs = {E("(column workspace_id)"), E("(column role)")};
  plan.lookups = {members};
  plan.buckets = {{"w", 1, {0}}, {"t", 1, {1}}, {"n", 0, {2}}};
  Stream mine{.name = "mine", .auto_subscribe = true, .priority = 1, .parameters = {}, .queriers = {}, .span = {}};
  mine.queriers = {{0, std::nullopt, {{LookupStage{0, {E("(->> (request auth) 'sub')")}}, std::nullopt}},
                    {E("(binding 0)")}, {0, 3, 1, 3, 40}}};
  Stream tagged{.name = "tagged", .auto_subscribe = false, .priority = 3, .parameters = {}, .queriers = {}, .span = {}};
  tagged.parameters = {{"tag", ParameterType::Text, true, std::nullopt}, {"urgent", ParameterType::Integer, false, E("0")}};
  tagged.queriers = {{1, E("(>= (->> (request subscription) 'urgent') 0)"), {}, {E("(->> (request subscription) 'tag')")}, {}}};
  Stream all_notes{.name = "notes", .auto_subscribe = true, .priority = 3, .parameters = {}, .queriers = {}, .span = {}};
  all_notes.queriers = {{2, E("(->> (request auth) 'notes')"), {}, {}, {}}};
  plan.streams = {mine, tagged, all_notes};
  return plan;
}

}  // namespace bulkhead::plan
