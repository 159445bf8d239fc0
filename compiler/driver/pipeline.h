// The stages in order: the one function to read to know how rules become a plan.
#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/ir/ir.h"
#include "compiler/normal/branch.h"
#include "compiler/normal/normal.h"
#include "compiler/planner/planner.h"
#include "compiler/schema/catalog.h"
#include "compiler/source/diagnostic.h"
#include "runtime/plan/plan.h"

namespace bulkhead::driver {

enum class Stage : uint8_t { Ast, Ir, Normal, Plan };

// Everything one run makes. Later parts refer into earlier ones: keep it whole, do not copy it.
struct Compilation {
  Compilation() = default;
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;

  source::Sources sources;
  source::Diagnostics diagnostics;
  ast::Tree tree;
  std::vector<ast::File> files;              // the ones named, then the ones they USE
  std::vector<source::FileId> schema_files;  // those of AddSchema
  std::vector<source::FileId> libraries;     // those that come with the program
  std::vector<source::FileId> yaml_files;    // PowerSync's rules
  schema::Catalog catalog;
  ir::Module module;
  std::vector<normal::Stream> streams;
  std::optional<plan::Plan> plan;              // only without errors
  std::vector<planner::BranchReport> reports;  // how each branch was cut
};

struct CompileOptions {
  Stage last = Stage::Plan;
  normal::Options normal;
  bool follow_use = true;  // read the files that USE names
  planner::Statistics statistics = {};
  uint32_t cut = 0;  // planner::Input::cut
};

// Files already in `compilation.sources` (see AddFile) go through all stages up to `options.last`. A stage
// runs only if those before it found no error, but every stage reports all it can find.
void Compile(Compilation& compilation, const CompileOptions& options = {});

// How a file of rules is spelled. Auto: by its name, *.yaml and *.yml are PowerSync's.
enum class Language : uint8_t { Auto, Native, PowerSync };

// All of a stream of at most limits::SourceFileBytesMax; `name` is for messages. NotFound, LimitExceeded.
Result<std::string> ReadAll(std::istream& in, std::string_view name);

// Adds a file of rules by path, or standard input for "-". NotFound, LimitExceeded.
Status AddFile(Compilation& compilation, const std::string& path, std::istream& in,
               Language language = Language::Auto);
// Adds rules given as text, for tests and `replay`.
void AddText(Compilation& compilation, std::string name, std::string text, Language language = Language::Auto);
// Adds a file of DDL by path. NotFound, LimitExceeded.
Status AddSchemaFile(Compilation& compilation, const std::string& path);
// Adds DDL given as text: what is not of interest in it is skipped, as in a dump.
void AddSchema(Compilation& compilation, std::string name, std::string text);

}  // namespace bulkhead::driver
