// From DDL to catalog.
#pragma once

#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/schema/catalog.h"
#include "compiler/source/diagnostic.h"

namespace bulkhead::schema {

// The catalog of the DDL statements in `files` and in the files that CREATE SCHEMA FROM names (relative to
// the file that names them; each is read once, whatever its size up to limits::SourceFileBytesMax, and parsed
// into `tree`). Order does not matter: a foreign key may refer to a table that comes later. What is wrong is
// diagnosed and left out, everything else stays; a table with a syntax error is in the catalog as
// `incomplete`. Time is linear.
Catalog BuildCatalog(ast::Tree& tree, source::Sources& sources, const std::vector<ast::File>& files,
                     source::Diagnostics& diagnostics);

// The path of a file that `from` names: absolute paths and those of standard input stay as they are.
std::string PathBeside(const std::string& from, const std::string& path);
// Equal for paths of the same file, however they are written: dots and links are resolved.
std::string IdentityOf(const std::string& path);

// "did you mean `x`?" for the candidate nearest to `name`, or "".
std::string DidYouMean(std::string_view name, const std::vector<std::string_view>& candidates);
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace bulkhead::schema
