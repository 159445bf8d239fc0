// ANTLR behind one small class: one statement's tokens in, its parse tree or the place of the first error out.
#pragma once

#include <antlr4-runtime.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "generated/BulkheadLexer.h"
#include "generated/BulkheadParser.h"

namespace bulkhead::syntax {

using generated::BulkheadParser;

// Characters are bytes, so that a token's index is an offset into the text.
class ByteStream : public antlr4::CharStream {
 public:
  explicit ByteStream(std::string_view text) : text_(text) {}
  void consume() override { ++at_; }
  size_t LA(ssize_t i) override;
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return at_; }
  void seek(size_t index) override { at_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return ""; }
  std::string getText(const antlr4::misc::Interval& interval) override;
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

// Keywords are numbered from the first to the last of the lexer grammar.
inline bool IsKeyword(size_t type) { return type >= BulkheadParser::SELECT && type <= BulkheadParser::ASSUME; }

struct SyntaxFailure {
  size_t token_index = 0;
  std::vector<size_t> expected;  // token types that could have stood there, sorted
};

class GrammarParser {
 public:
  GrammarParser();

  // Reads the tokens of `text`; contexts of an earlier text die here. `base` is added to every token's place. With
  // `sqlite_names`, [name] is a quoted name, and so is 'text' where only a name can stand.
  void SetText(std::string_view text, uint32_t base, bool sqlite_names);
  // The last token is EOF.
  const std::vector<antlr4::Token*>& tokens() const { return tokens_; }
  uint32_t Begin(const antlr4::Token* token) const;
  uint32_t End(const antlr4::Token* token) const;
  std::string_view Text(const antlr4::Token* token) const;
  // Puts one RAW_EXPRESSION in place of tokens [first, last] before the next Parse.
  void ReplaceByRaw(size_t first, size_t last);

  // The first token whose nesting is deeper than limits::ExpressionDepthMax, or null. Nothing deeper is ever handed to
  // the parser, which recurses.
  const antlr4::Token* TooDeep() const;

  // Null after a syntax error, which is then in `failure()`. The context lives until SetText or the next Parse.
  template <typename Context>
  Context* Parse(Context* (BulkheadParser::*rule)()) {
    Context* context = nullptr;
    Run([&] { context = (*parser_.*rule)(); });
    return failure_ ? nullptr : context;
  }
  const SyntaxFailure& failure() const { return *failure_; }
  // Without, a failure says only where it is.
  void set_explain(bool explain) { explain_ = explain; }

 private:
  template <typename Body>
  void Run(Body body) {
    if (Attempt(Pass::Fast, body) || !explain_) return;
    Attempt(tokens_.size() <= ExactTokensMax ? Pass::Exact : Pass::FastWithErrors, body);
  }
  enum class Pass : uint8_t { Fast, FastWithErrors, Exact };
  template <typename Body>
  bool Attempt(Pass pass, Body body) {
    Prepare(pass);
    try {
      body();
      return !failure_;
    } catch (const antlr4::ParseCancellationException&) {
      return false;
    }
  }
  void Prepare(Pass pass);
  void Rebuild();

  // Beyond this the full-context prediction, which the grammar hardly ever needs, could take seconds.
  static constexpr size_t ExactTokensMax = 20'000;

  class Strategy;

  std::string_view text_;
  uint32_t base_ = 0;
  ByteStream input_;
  generated::BulkheadLexer lexer_;
  std::vector<antlr4::Token*> tokens_;
  std::unique_ptr<antlr4::ListTokenSource> token_source_;
  std::unique_ptr<antlr4::CommonTokenStream> stream_;
  std::unique_ptr<BulkheadParser> parser_;
  std::shared_ptr<Strategy> strategy_;
  std::optional<SyntaxFailure> failure_;
  bool explain_ = true;
};

}  // namespace bulkhead::syntax
