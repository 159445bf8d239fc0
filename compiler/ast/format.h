// The formatter: one layout for all rules. Keywords in capitals, names as written, at most 100 columns where words allow,
// clauses of a long query under each other.
#pragma once

#include <string>

#include "compiler/ast/ast.h"
#include "compiler/source/source.h"

namespace bulkhead::ast {

// The file's text in the one layout. Works on the words of the text, guided by the tree, so nothing is lost: the result
// parses to the same tree, comments stay where they are, and formatting it again changes nothing. Statements with
// errors and functions of PostgreSQL are left as written. `file` must come from the same `sources`.
std::string Format(const Tree& tree, const source::Sources& sources, const File& file);

}  // namespace bulkhead::ast
