// PowerSync's rules: a YAML file of any edition becomes the tree that native rules become. Its SQL goes
// through compiler/syntax; what the YAML and the editions add is spelled out in the tree, so that no later
// stage knows of it.
#pragma once

#include <string_view>

#include "compiler/ast/ast.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source.h"

namespace bulkhead::powersync {

// Whether a file of this name is read as PowerSync's YAML: *.yaml, *.yml.
bool HasYamlName(std::string_view path);

// Reads a whole file into `tree`. Spans point at the very characters in the YAML, through quotes, escapes,
// folding and block scalars. Errors and warnings go to `diagnostics`, and as notes (BH61xx) what PowerSync's
// own service does otherwise with these rules. Any bytes are accepted.
//
// bucket_definitions become streams that are subscribed by default; their parameter queries are a WITH query
// named `bucket`. A definition of several priorities becomes a stream for each.
ast::File Parse(ast::Tree& tree, const source::Sources& sources, source::FileId file,
                source::Diagnostics& diagnostics);

}  // namespace bulkhead::powersync
