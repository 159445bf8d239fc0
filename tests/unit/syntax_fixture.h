// Parsing in one call, and files of tests/unit/fixtures.
#pragma once

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "compiler/ast/print.h"
#include "compiler/source/diagnostic.h"
#include "compiler/syntax/syntax.h"

namespace bulkhead::test {

struct Parsed {
  source::Sources sources;
  ast::Tree tree;
  source::Diagnostics diagnostics;
  ast::File file;

  std::string Print() const { return ast::Print(tree, file); }
  const ast::Statement& statement(size_t i = 0) const { return file.statements.at(i); }
  // "BH1001 1:23 message | help" of each diagnostic, a line each.
  std::string Problems() const {
    std::string out;
    for (const source::Diagnostic* d : diagnostics.Sorted()) {
      source::Position at = sources.Start(d->primary.span);
      out += fmt::format("{} {}:{} {}{}{}\n", d->code, at.line, at.column, d->message, d->help.empty() ? "" : " | ", d->help);
    }
    return out;
  }
};

// Null pointers never: the parsed file owns what it points into.
inline std::unique_ptr<Parsed> Parse(std::string text, syntax::Mode mode = syntax::Mode::Rules) {
  auto parsed = std::make_unique<Parsed>();
  source::FileId id = parsed->sources.Add("t.sync", std::move(text));
  parsed->file = syntax::ParseFile(parsed->tree, parsed->sources, id, parsed->diagnostics, mode);
  return parsed;
}

inline std::string FixturePath(const std::string& name) { return BULKHEAD_ROOT "/tests/unit/fixtures/" + name; }

inline std::string ReadFixture(const std::string& name) {
  std::ifstream in(FixturePath(name), std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The expected text of a fixture; with BULKHEAD_UPDATE=1 it is rewritten first.
inline std::string Expected(const std::string& name, const std::string& actual) {
  if (std::getenv("BULKHEAD_UPDATE") != nullptr) std::ofstream(FixturePath(name), std::ios::binary) << actual;
  return ReadFixture(name);
}

}  // namespace bulkhead::test
