// Rules and dumps of any bytes: parsed without a crash; what has no errors is formatted to text that means
// the same and is formatted already. A last byte of NUL makes it a dump.
#include <cstdlib>

#include "compiler/ast/format.h"
#include "compiler/ast/print.h"
#include "compiler/syntax/syntax.h"

using namespace bulkhead;

namespace {

struct Parsed {
  Parsed(std::string text, syntax::Mode mode) {
    source::FileId id = sources.Add("fuzz.sync", std::move(text));
    file = syntax::ParseFile(tree, sources, id, diagnostics, mode);
  }
  source::Sources sources;
  source::Diagnostics diagnostics;
  ast::Tree tree;
  ast::File file;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string text(reinterpret_cast<const char*>(bytes), size);
  bool dump = text.ends_with('\0');
  Parsed parsed(text, dump ? syntax::Mode::Dump : syntax::Mode::Rules);
  std::string meaning = ast::Print(parsed.tree, parsed.file);
  if (dump || parsed.diagnostics.has_errors()) return 0;
  std::string formatted = ast::Format(parsed.tree, parsed.sources, parsed.file);
  Parsed again(formatted, syntax::Mode::Rules);
  if (again.diagnostics.has_errors() || ast::Print(again.tree, again.file) != meaning) std::abort();
  if (ast::Format(again.tree, again.sources, again.file) != formatted) std::abort();
  return 0;
}
