// check, compile and explain: rules in, verdicts or a plan out.
#include <fmt/format.h>

#include <memory>

#include "compiler/driver/command.h"
#include "compiler/planner/explain.h"
#include "compiler/source/render.h"
#include "runtime/plan/load.h"

namespace bulkhead::driver {
namespace {

struct CompileCommand {
  RulesOptions rules;
  std::string output = "-";
};

struct ExplainCommand {
  RulesOptions rules;
  std::string stream, format = "text";
  bool cuts = false;
};

int RunCheck(Io& io, const RulesOptions& rules) {
  Compilation compilation;
  if (auto status = CompileAndReport(io, rules, compilation, /*report_to_out=*/true)) return *status;
  if (rules.format == "human")
    io.out << fmt::format("ok: {} streams, {} buckets, {} lookups\n", compilation.plan->streams.size(),
                          compilation.plan->buckets.size(), compilation.plan->lookups.size());
  return ExitSuccess;
}

int RunCompile(Io& io, const CompileCommand& command) {
  Compilation compilation;
  if (auto status = CompileAndReport(io, command.rules, compilation, false)) return *status;
  Status written = WriteWhole(io, command.output, plan::ToJson(*compilation.plan));
  return written ? ExitSuccess : Fail(io, written.error());
}

const plan::Stream* FindStream(const plan::Plan& plan, const std::string& name) {
  for (const plan::Stream& stream : plan.streams)
    if (stream.name == name) return &stream;
  return nullptr;
}

int UnknownStream(Io& io, const plan::Plan& plan, const std::string& name) {
  std::vector<std::string_view> names;
  for (const plan::Stream& stream : plan.streams) names.push_back(stream.name);
  std::string_view nearest = source::Nearest(name, names);
  io.err << fmt::format("error: there is no stream `{}`\n", name);
  if (!nearest.empty()) io.err << fmt::format("  = help: did you mean `{}`?\n", nearest);
  return ExitWrong;
}

int RunExplain(Io& io, const ExplainCommand& command) {
  Compilation compilation;
  if (auto status = CompileAndReport(io, command.rules, compilation, false)) return *status;
  const plan::Plan& plan = *compilation.plan;
  if (!command.stream.empty() && !FindStream(plan, command.stream))
    return UnknownStream(io, plan, command.stream);
  static const std::vector<planner::BranchReport> NoReports;
  const bool with_cuts = command.cuts || command.format == "html";
  planner::Explained what{plan, with_cuts ? compilation.reports : NoReports, command.stream};
  if (command.format == "json")
    io.out << planner::ExplainJson(what);
  else if (command.format == "dot")
    io.out << planner::ExplainDot(what);
  else if (command.format == "html")
    io.out << planner::ExplainHtml(what);
  else
    io.out << planner::ExplainText(what);
  return ExitSuccess;
}

}  // namespace

void AddCheck(Program& program) {
  auto rules = std::make_shared<RulesOptions>();
  CLI::App* command = program.Command("check", "Parse, type-check and plan rules; print what is wrong.",
                                      "  bulkhead check rules.sync\n"
                                      "  bulkhead check rules.sync --format json\n"
                                      "  bulkhead check rules/*.sync --deny warnings\n");
  rules->AddTo(*command);
  command->callback(
      [&program, rules] { program.run = [&program, rules] { return RunCheck(program.io, *rules); }; });
}

void AddCompile(Program& program) {
  auto options = std::make_shared<CompileCommand>();
  CLI::App* command = program.Command("compile", "Compile rules into a plan.",
                                      "  bulkhead compile rules.sync -o plan.json\n");
  options->rules.AddTo(*command);
  command->add_option("-o,--output", options->output, "the plan's file; - is standard output");
  command->callback([&program, options] {
    program.run = [&program, options] { return RunCompile(program.io, *options); };
  });
}

void AddExplain(Program& program) {
  auto options = std::make_shared<ExplainCommand>();
  CLI::App* command = program.Command(
      "explain", "Show the plan: buckets, the rows in them, and how a session finds its keys.",
      "  bulkhead explain rules.sync\n"
      "  bulkhead explain rules.sync my_tasks\n"
      "  bulkhead explain rules.sync --cuts --stats stats.json\n"
      "  bulkhead explain rules.sync --format html > plan.html\n"
      "  bulkhead explain rules.sync --format dot | dot -Tsvg > plan.svg\n");
  options->rules.AddOneTo(*command);
  command->add_option("STREAM", options->stream, "only this stream");
  command->add_option("--format", options->format, "text, json, dot or html")
      ->check(CLI::IsMember({"text", "json", "dot", "html"}));
  command->add_flag("--cuts", options->cuts, "also how else each query could be divided, with the costs");
  command->callback([&program, options] {
    program.run = [&program, options] { return RunExplain(program.io, *options); };
  });
}

}  // namespace bulkhead::driver
