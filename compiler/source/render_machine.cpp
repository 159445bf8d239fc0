#include <nlohmann/json.hpp>

#include "compiler/source/render.h"
#include "runtime/base/limits.h"

namespace bulkhead::source {
namespace {

// Insertion order: people read these too.
using Json = nlohmann::ordered_json;

constexpr const char* SarifSchema = "https://json.schemastore.org/sarif-2.1.0.json";

// The diagnostics to show, with the limit of each severity applied.
std::vector<const Diagnostic*> Shown(const Diagnostics& diagnostics) {
  std::vector<const Diagnostic*> shown;
  size_t errors = 0, others = 0;
  for (const Diagnostic* diagnostic : diagnostics.Sorted()) {
    size_t& count = diagnostic->severity == Severity::Error ? errors : others;
    if (count++ < limits::ErrorsReportedMax) shown.push_back(diagnostic);
  }
  return shown;
}

void AddPlace(Json& to, const Sources& sources, Span span) {
  if (!span.HasValue()) return;
  Position start = sources.Start(span), end = sources.End(span);
  to["file"] = sources[span.file].name;
  to["line"] = start.line;
  to["column"] = start.column;
  to["end_line"] = end.line;
  to["end_column"] = end.column;
}

Json ToJson(const Diagnostic& diagnostic, const Sources& sources) {
  Json out;
  out["code"] = diagnostic.code;
  out["severity"] = Name(diagnostic.severity);
  out["message"] = diagnostic.message;
  AddPlace(out, sources, diagnostic.primary.span);
  if (!diagnostic.primary.text.empty()) out["label"] = diagnostic.primary.text;
  out["labels"] = Json::array();
  for (const auto& label : diagnostic.labels) {
    Json item;
    item["message"] = label.text;
    AddPlace(item, sources, label.span);
    out["labels"].push_back(std::move(item));
  }
  out["notes"] = diagnostic.notes;
  out["help"] = diagnostic.help;
  return out;
}

std::string Dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json SarifLocation(const Sources& sources, Span span) {
  Position start = sources.Start(span), end = sources.End(span);
  Json location;
  location["physicalLocation"]["artifactLocation"]["uri"] = sources[span.file].name;
  location["physicalLocation"]["region"] = {
      {"startLine", start.line}, {"startColumn", start.column}, {"endLine", end.line}, {"endColumn", end.column}};
  return location;
}

// SARIF has one message per result: what notes and help say goes below it.
std::string FullMessage(const Diagnostic& diagnostic) {
  std::string text = diagnostic.message;
  if (!diagnostic.primary.text.empty()) text += ": " + diagnostic.primary.text;
  for (const std::string& note : diagnostic.notes) text += "\nnote: " + note;
  if (!diagnostic.help.empty()) text += "\nhelp: " + diagnostic.help;
  return text;
}

Json SarifResult(const Diagnostic& diagnostic, const Sources& sources, size_t rule_index) {
  Json result;
  result["ruleId"] = diagnostic.code;
  result["ruleIndex"] = rule_index;
  result["level"] = Name(diagnostic.severity);
  result["message"]["text"] = FullMessage(diagnostic);
  result["locations"] = Json::array();
  if (diagnostic.primary.span.HasValue()) result["locations"].push_back(SarifLocation(sources, diagnostic.primary.span));
  size_t id = 0;
  for (const auto& label : diagnostic.labels) {
    if (!label.span.HasValue()) continue;
    Json location = SarifLocation(sources, label.span);
    location["id"] = ++id;
    location["message"]["text"] = label.text;
    result["relatedLocations"].push_back(std::move(location));
  }
  return result;
}

Json SarifRule(const DiagInfo& info) {
  Json rule;
  rule["id"] = info.code;
  rule["name"] = info.name;
  rule["shortDescription"]["text"] = info.message;
  rule["fullDescription"]["text"] = info.explanation;
  rule["defaultConfiguration"]["level"] = Name(info.severity);
  return rule;
}

// Workflow commands use % for what would end the command or a property.
std::string GithubEscape(std::string_view text, bool property) {
  std::string out;
  for (char c : text) {
    bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

}  // namespace

std::string RenderJson(const Diagnostics& diagnostics, const Sources& sources) {
  Json out;
  out["diagnostics"] = Json::array();
  for (const Diagnostic* diagnostic : Shown(diagnostics)) out["diagnostics"].push_back(ToJson(*diagnostic, sources));
  return Dump(out, -1);
}

std::string RenderSarif(const Diagnostics& diagnostics, const Sources& sources) {
  std::vector<const Diagnostic*> shown = Shown(diagnostics);
  Json rules = Json::array(), results = Json::array();
  std::vector<std::string_view> codes;
  for (const Diagnostic* diagnostic : shown) {
    size_t index = static_cast<size_t>(std::find(codes.begin(), codes.end(), diagnostic->code) - codes.begin());
    if (index == codes.size()) {
      codes.push_back(diagnostic->code);
      rules.push_back(SarifRule(*FindDiagnostic(diagnostic->code)));
    }
    results.push_back(SarifResult(*diagnostic, sources, index));
  }
  Json run;
  run["tool"]["driver"] = {{"name", "bulkhead"}, {"rules", std::move(rules)}};
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(results);
  Json out;
  out["$schema"] = SarifSchema;
  out["version"] = "2.1.0";
  out["runs"] = Json::array({std::move(run)});
  return Dump(out, 2);
}

std::string RenderGithub(const Diagnostics& diagnostics, const Sources& sources) {
  std::string out;
  for (const Diagnostic* diagnostic : Shown(diagnostics)) {
    std::string_view command = diagnostic->severity == Severity::Note ? "notice" : Name(diagnostic->severity);
    out += fmt::format("::{} ", command);
    if (Span span = diagnostic->primary.span; span.HasValue()) {
      Position start = sources.Start(span), end = sources.End(span);
      out += fmt::format("file={},line={},endLine={},", GithubEscape(sources[span.file].name, true), start.line, end.line);
      // GitHub ignores columns when they span lines.
      if (start.line == end.line) out += fmt::format("col={},endColumn={},", start.column, end.column);
    }
    out += fmt::format("title={}::{}\n", diagnostic->code, GithubEscape(FullMessage(*diagnostic), false));
  }
  return out;
}

}  // namespace bulkhead::source
