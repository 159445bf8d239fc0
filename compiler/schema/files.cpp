#include <filesystem>

#include "compiler/schema/builder.h"
#include "compiler/syntax/syntax.h"

namespace bulkhead::schema {

using source::DiagKind;

std::string PathBeside(const std::string& from, const std::string& path) {
  std::filesystem::path file(path);
  if (file.is_absolute() || from.starts_with('<')) return path;
  return (std::filesystem::path(from).parent_path() / file).lexically_normal().string();
}

std::string IdentityOf(const std::string& path) {
  std::error_code failed;
  std::filesystem::path resolved = std::filesystem::weakly_canonical(path, failed);
  return failed ? path : resolved.string();
}

void Builder::Collect(const std::vector<ast::File>& files) {
  // First the dumps, which `dumps_` must hold before pointers into it are taken.
  for (const ast::File& file : files) {
    for (const ast::Statement& statement : file.statements) {
      if (const auto* from = std::get_if<ast::SchemaFrom>(&statement.kind)) CollectDump(*from);
    }
  }
  auto take = [&](const ast::File& file) {
    for (const ast::Statement& statement : file.statements) statements_.push_back(&statement);
  };
  for (const ast::File& file : dumps_) take(file);
  for (const ast::File& file : files) take(file);
}

void Builder::CollectDump(const ast::SchemaFrom& from) {
  catalog_.open = false;
  const std::string path = PathBeside(sources_[from.path.span.file].name, from.path.value);
  if (!loaded_paths_.insert(IdentityOf(path)).second) return;
  Result<source::FileId> file = sources_.Load(path);
  if (!file) {
    diagnostics_.Report<DiagKind::SchemaFileUnreadable>(from.path.span, from.path.value,
                                                        file.error().message);
    catalog_.incomplete = true;
    return;
  }
  dump_files_.insert(*file);
  dumps_.push_back(syntax::ParseFile(tree_, sources_, *file, diagnostics_, syntax::Mode::Dump));
}

}  // namespace bulkhead::schema
