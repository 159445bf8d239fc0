// Rules bound in memory: what the tests of the binder look at.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/verify.h"
#include "compiler/schema/schema.h"
#include "compiler/sema/sema.h"
#include "compiler/syntax/syntax.h"

namespace bulkhead {

inline const std::string Schema = R"(
  CREATE TYPE status AS ENUM ('open', 'done');
  CREATE TABLE members (user_id uuid NOT NULL, workspace_id uuid NOT NULL, role text, PRIMARY KEY (user_id, workspace_id));
  CREATE TABLE tasks (id uuid PRIMARY KEY, workspace_id uuid NOT NULL, parent_id uuid, title text, status status,
                      tags jsonb, n integer, price numeric, thumb bytea, done boolean);
  CREATE TABLE notes (id text PRIMARY KEY, owner integer, body text);
)";

struct Bound {
  source::Sources sources;
  source::Diagnostics diagnostics;
  ast::Tree tree;
  std::vector<ast::File> files;
  schema::Catalog catalog;
  ir::Module module;

  explicit Bound(std::string text) {
    files.push_back(
        syntax::ParseFile(tree, sources, sources.Add("rules.sync", std::move(text)), diagnostics));
    catalog = schema::BuildCatalog(tree, sources, files, diagnostics);
    module = sema::Bind(tree, files, catalog, diagnostics);
    if (diagnostics.has_errors()) return;
    for (const std::string& problem : ir::Verify(module)) FAIL_CHECK("verifier: " << problem);
  }
  // "BH2020 task": code and underlined text of each diagnostic, in the order of the text.
  std::vector<std::string> Codes() const {
    std::vector<std::string> codes;
    for (const source::Diagnostic* d : diagnostics.Sorted()) {
      codes.push_back(std::string(d->code) + " " + std::string(sources.Text(d->primary.span)));
    }
    return codes;
  }
  std::string Help() const { return diagnostics.all().empty() ? "" : diagnostics.all()[0].help; }
};

}  // namespace bulkhead
