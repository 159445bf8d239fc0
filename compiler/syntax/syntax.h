// From text to tree. The only stage that knows how SQL is spelled; ANTLR stays inside its .cpp files.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/source/diagnostic.h"
#include "compiler/source/source.h"

namespace bulkhead::syntax {

enum class Mode : uint8_t {
  Rules,  // a .sync file: an unknown statement is an error
  Dump,   // pg_dump -s, sqlite3 .schema, migrations: an unknown statement is skipped, and so is what rules ignore
};

// Parses a whole file into `tree`. Errors go to `diagnostics`, several per file; a statement with an error becomes
// ast::Broken. Time is linear in the size of the file. Any bytes are accepted: hostile text ends in diagnostics.
ast::File ParseFile(ast::Tree& tree, const source::Sources& sources, source::FileId file,
                    source::Diagnostics& diagnostics, Mode mode = Mode::Rules);

// Where a piece of SQL stands in its file. A string of a YAML file differs from the text it spells (quotes, escapes,
// folding), so places are mapped: byte `text` of the piece is byte `file` of the file, and so on until the next entry.
// Sorted by `text`; the first entry has text = 0.
struct PieceMapping {
  uint32_t text = 0;
  uint32_t file = 0;
};
struct Piece {
  std::string_view text;
  source::FileId file;
  std::vector<PieceMapping> mapping;  // one entry {0, offset} when the text stands in the file as it is
};
// The piece that is bytes [span.begin, span.end) of its file, unchanged.
Piece PieceOf(const source::Sources& sources, source::Span span);

// Parses one query or one expression that fills the piece (a final semicolon is accepted). None after an error.
ast::QueryId ParseQuery(ast::Tree& tree, const Piece& piece, source::Diagnostics& diagnostics);
ast::ExprId ParseExpr(ast::Tree& tree, const Piece& piece, source::Diagnostics& diagnostics);

// Whether `word` (any case) cannot be an unquoted column name.
bool IsReservedWord(std::string_view word);

}  // namespace bulkhead::syntax
