#include "compiler/driver/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/planner/planner.h"
#include "compiler/powersync/powersync.h"
#include "compiler/schema/schema.h"
#include "compiler/sema/sema.h"
#include "compiler/syntax/syntax.h"
#include "runtime/base/limits.h"
#include "stdlib/rules/libraries.h"

namespace bulkhead::driver {
namespace {

bool Holds(const std::vector<source::FileId>& files, source::FileId id) {
  return std::find(files.begin(), files.end(), id) != files.end();
}

std::string NameOf(const std::vector<ast::Name>& library) {
  std::string name;
  for (const ast::Name& part : library) name += (name.empty() ? "" : ".") + part.text;
  return name;
}

// Adds the text of a library to the sources, once.
void UseLibrary(Compilation& c, const ast::Use& use, std::set<std::string>& seen) {
  const std::string name = NameOf(use.library);
  if (const rules::Library* library = rules::Find(name)) {
    if (seen.insert(library->name.data()).second)
      c.libraries.push_back(c.sources.Add(name, std::string(library->text)));
    return;
  }
  std::vector<std::string_view> known;
  for (const rules::Library& library : rules::All()) known.push_back(library.name);
  source::Span span = source::Cover(use.library.front().span, use.library.back().span);
  c.diagnostics.Report<source::DiagKind::UnknownLibrary>(span, name).Help(schema::DidYouMean(name, known));
}

// Parses every file, and the files and libraries that USE names, each once.
void Parse(Compilation& c, bool follow_use) {
  std::set<std::string> seen;
  for (uint32_t i = 0; i < c.sources.size(); ++i)
    seen.insert(schema::IdentityOf(c.sources[source::FileId{i}].name));
  for (uint32_t i = 0; i < c.sources.size(); ++i) {
    source::FileId id{i};
    if (Holds(c.yaml_files, id)) {
      c.files.push_back(powersync::Parse(c.tree, c.sources, id, c.diagnostics));
      continue;
    }
    bool is_schema = Holds(c.schema_files, id);
    auto mode = is_schema ? syntax::Mode::Dump : syntax::Mode::Rules;
    c.files.push_back(syntax::ParseFile(c.tree, c.sources, id, c.diagnostics, mode));
    c.files.back().library = std::find(c.libraries.begin(), c.libraries.end(), id) != c.libraries.end();
    for (const ast::Statement& statement : c.files.back().statements) {
      const auto* use = std::get_if<ast::Use>(&statement.kind);
      if (!follow_use || !use) continue;
      if (!use->library.empty()) {
        UseLibrary(c, *use, seen);
        continue;
      }
      std::string path = schema::PathBeside(c.sources[id].name, use->path.value);
      if (!seen.insert(schema::IdentityOf(path)).second) continue;
      auto loaded = c.sources.Load(path);
      if (!loaded)
        c.diagnostics.Report<source::DiagKind::FileNotFound>(use->path.span, path, loaded.error().message);
    }
  }
}

void NoteLanguage(Compilation& c, source::FileId file, Language language) {
  const bool named = powersync::HasYamlName(c.sources[file].name);
  if (language == Language::PowerSync || (language == Language::Auto && named)) c.yaml_files.push_back(file);
}

}  // namespace

void Compile(Compilation& c, const CompileOptions& options) {
  Parse(c, options.follow_use);  // text -> tree
  if (options.last == Stage::Ast) return;
  c.catalog = schema::BuildCatalog(c.tree, c.sources, c.files, c.diagnostics);  // DDL -> catalog
  c.module = sema::Bind(c.tree, c.files, c.catalog, c.diagnostics);             // tree -> typed IR
  if (options.last == Stage::Ir || c.diagnostics.has_errors()) return;
  c.streams = normal::Normalize(c.module, c.diagnostics, options.normal);  // IR -> conjunctive branches
  if (options.last == Stage::Normal || c.diagnostics.has_errors()) return;
  plan::Plan plan = planner::MakePlan(  // branches -> plan
      {c.module, c.catalog, c.sources, c.streams, options.statistics, options.cut}, c.diagnostics, &c.reports);
  if (!c.diagnostics.has_errors()) c.plan = std::move(plan);
}

// In blocks: an iterator would throw when a folder is read.
Result<std::string> ReadAll(std::istream& in, std::string_view name) {
  std::string text;
  std::string block(1 << 16, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    text.append(block, 0, static_cast<size_t>(in.gcount()));
    if (text.size() > limits::SourceFileBytesMax)
      return Error{Code::LimitExceeded,
                   fmt::format("{} is larger than {} MiB", name, limits::SourceFileBytesMax >> 20)};
  }
  if (in.bad() || !in.eof()) return Error{Code::NotFound, fmt::format("cannot read {}", name)};
  return text;
}

Status AddFile(Compilation& compilation, const std::string& path, std::istream& in, Language language) {
  if (path == "-") {
    BULKHEAD_TRY(std::string text, ReadAll(in, "standard input"));
    AddText(compilation, "<stdin>", std::move(text), language);
    return Ok();
  }
  auto loaded = compilation.sources.Load(path);
  if (!loaded) return loaded.error();
  NoteLanguage(compilation, *loaded, language);
  return Ok();
}

void AddText(Compilation& compilation, std::string name, std::string text, Language language) {
  NoteLanguage(compilation, compilation.sources.Add(std::move(name), std::move(text)), language);
}

Status AddSchemaFile(Compilation& compilation, const std::string& path) {
  auto loaded = compilation.sources.Load(path);
  if (!loaded) return loaded.error();
  compilation.schema_files.push_back(*loaded);
  return Ok();
}

void AddSchema(Compilation& compilation, std::string name, std::string text) {
  compilation.schema_files.push_back(compilation.sources.Add(std::move(name), std::move(text)));
}

}  // namespace bulkhead::driver
