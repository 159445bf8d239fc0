#include "compiler/syntax/grammar_parser.h"

#include <algorithm>
#include <set>

#include "runtime/base/limits.h"

namespace bulkhead::syntax {

using antlr4::Token;
using generated::BulkheadLexer;
namespace atn = antlr4::atn;

size_t ByteStream::LA(ssize_t i) {
  ssize_t at = static_cast<ssize_t>(at_) + (i > 0 ? i - 1 : i);
  if (i == 0 || at < 0 || at >= static_cast<ssize_t>(text_.size())) return antlr4::IntStream::EOF;
  return static_cast<unsigned char>(text_[static_cast<size_t>(at)]);
}

std::string ByteStream::getText(const antlr4::misc::Interval& interval) {
  auto begin = std::min(static_cast<size_t>(interval.a), text_.size());
  return std::string(text_.substr(begin, static_cast<size_t>(interval.b) - begin + 1));
}

namespace {

// Collects the token types that can follow one place of the parser's automaton.
class FollowSet {
 public:
  explicit FollowSet(const atn::ATN& automaton) : atn_(automaton) {}

  // At `state` inside the rules that `context` and its parents have open.
  void AddState(size_t state, antlr4::RuleContext* context) { Add(atn_.getExpectedTokens(state, context)); }

  // Where a failed prediction stood. `outer` is the rule it was made in.
  void AddConfigs(const atn::ATNConfigSet& configs, antlr4::RuleContext* outer) {
    for (const auto& config : configs.configs) Follow(config->state, config->context.get(), outer);
  }

  std::vector<size_t> Types() const { return {types_.begin(), types_.end()}; }

 private:
  // Returns whether the rule can end at once.
  bool Add(const antlr4::misc::IntervalSet& set) {
    for (const auto& interval : set.getIntervals())
      for (ssize_t type = interval.a; type <= interval.b; ++type)
        if (type != static_cast<ssize_t>(Token::EPSILON)) types_.insert(static_cast<size_t>(type));
    return set.contains(Token::EPSILON);
  }

  void Follow(atn::ATNState* state, const atn::PredictionContext* context, antlr4::RuleContext* outer) {
    if (!seen_.insert({state, context}).second || !Add(atn_.nextTokens(state)) || context == nullptr) return;
    for (size_t i = 0; i < context->size(); ++i) {
      size_t next = context->getReturnState(i);
      if (next == atn::PredictionContext::EMPTY_RETURN_STATE) {
        FollowOuter(outer);
      } else {
        Follow(atn_.states[next], context->getParent(i).get(), outer);
      }
    }
  }

  void FollowOuter(antlr4::RuleContext* context) {
    while (context != nullptr && static_cast<ssize_t>(context->invokingState) >= 0) {
      auto* call = dynamic_cast<const atn::RuleTransition*>(atn_.states[context->invokingState]->transitions[0]);
      if (call == nullptr || !Add(atn_.nextTokens(call->followState))) return;
      context = static_cast<antlr4::RuleContext*>(context->parent);
    }
    types_.insert(Token::EOF);
  }

  const atn::ATN& atn_;
  std::set<size_t> types_;
  std::set<std::pair<const void*, const void*>> seen_;
};

}  // namespace

// Stops at the first error and says what could have stood there. The places that could have read the failing token are
// the decisions met since the token before it was read.
class GrammarParser::Strategy : public antlr4::DefaultErrorStrategy {
 public:
  explicit Strategy(std::optional<SyntaxFailure>& failure) : failure_(failure) {}

  void Start(bool explain) {
    explain_ = explain;
    decisions_.clear();
  }

  void sync(antlr4::Parser* parser) override {
    if (!explain_) return;
    size_t index = parser->getInputStream()->index();
    if (index != decisions_at_) decisions_.clear();
    decisions_at_ = index;
    decisions_.push_back({parser->getState(), parser->getContext()});
  }
  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) override {
    Fail(parser, error.getOffendingToken(), dynamic_cast<const antlr4::NoViableAltException*>(&error), error.getCtx());
  }
  void recover(antlr4::Parser*, std::exception_ptr) override { throw antlr4::ParseCancellationException(); }
  Token* recoverInline(antlr4::Parser* parser) override {
    Fail(parser, parser->getCurrentToken(), nullptr, parser->getContext());
    throw antlr4::ParseCancellationException();
  }

 private:
  void Fail(antlr4::Parser* parser, Token* offending, const antlr4::NoViableAltException* prediction,
            antlr4::RuleContext* context) {
    failure_ = SyntaxFailure{offending->getTokenIndex(), {}};
    if (!explain_) return;
    FollowSet follow(parser->getATN());
    if (prediction != nullptr && prediction->getDeadEndConfigs() != nullptr)
      follow.AddConfigs(*prediction->getDeadEndConfigs(), context);
    if (parser->getInputStream()->index() == failure_->token_index) {
      follow.AddState(parser->getState(), parser->getContext());
      if (decisions_at_ == failure_->token_index)
        for (const auto& [state, rule] : decisions_) follow.AddState(state, rule);
    }
    failure_->expected = follow.Types();
  }

  std::optional<SyntaxFailure>& failure_;
  bool explain_ = false;
  size_t decisions_at_ = 0;
  std::vector<std::pair<size_t, antlr4::RuleContext*>> decisions_;
};

GrammarParser::GrammarParser() : input_(""), lexer_(&input_), strategy_(std::make_shared<Strategy>(failure_)) {
  lexer_.removeErrorListeners();
}

uint32_t GrammarParser::Begin(const Token* token) const {
  if (token->getType() == Token::EOF) return base_ + static_cast<uint32_t>(text_.size());
  return base_ + static_cast<uint32_t>(token->getStartIndex());
}
uint32_t GrammarParser::End(const Token* token) const {
  if (token->getType() == Token::EOF) return Begin(token);
  return base_ + static_cast<uint32_t>(token->getStopIndex() + 1);
}
std::string_view GrammarParser::Text(const Token* token) const {
  return text_.substr(Begin(token) - base_, End(token) - Begin(token));
}

namespace {

// Tokens after which [ opens a quoted name of SQLite; after any other it is a subscript or an array type.
bool NameMayFollow(size_t type) {
  switch (type) {
    case BulkheadLexer::TABLE: case BulkheadLexer::EXISTS: case BulkheadLexer::LPAREN: case BulkheadLexer::COMMA:
    case BulkheadLexer::DOT: case BulkheadLexer::CONSTRAINT: case BulkheadLexer::REFERENCES: case BulkheadLexer::ON:
    case BulkheadLexer::INDEX: case BulkheadLexer::ADD: case BulkheadLexer::COLUMN: case BulkheadLexer::AND:
    case BulkheadLexer::OR: case BulkheadLexer::NOT: case BulkheadLexer::CHECK:
      return true;
    default:
      return false;
  }
}

// A name of more words than this is none.
constexpr size_t BracketedTokensMax = 20;

using TokenList = std::vector<std::unique_ptr<Token>>;

// Makes one QUOTED_NAME of each [ … ] that is a name.
void JoinBrackets(TokenList& tokens) {
  TokenList out;
  for (size_t i = 0; i < tokens.size(); ++i) {
    bool name = tokens[i]->getType() == BulkheadLexer::LBRACKET && !out.empty() && NameMayFollow(out.back()->getType());
    size_t close = i + 1;
    size_t limit = std::min(tokens.size(), i + BracketedTokensMax);
    while (name && close < limit && tokens[close]->getType() != BulkheadLexer::RBRACKET) ++close;
    if (name && close < limit) {
      auto* first = static_cast<antlr4::CommonToken*>(tokens[i].get());
      first->setType(BulkheadLexer::QUOTED_NAME);
      first->setStopIndex(tokens[close]->getStopIndex());
      out.push_back(std::move(tokens[i]));
      i = close;
    } else {
      out.push_back(std::move(tokens[i]));
    }
  }
  tokens = std::move(out);
}

bool CreatesTable(const TokenList& tokens) {
  for (size_t i = 0; i < std::min<size_t>(tokens.size(), 3); ++i)
    if (tokens[i]->getType() == BulkheadLexer::TABLE) return true;
  return false;
}

// SQLite takes 'text' for a name where only a name can stand: after TABLE and the like, and before a column's type.
void NameTexts(TokenList& tokens) {
  bool table = CreatesTable(tokens);
  int depth = 0;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    size_t type = tokens[i]->getType(), next = tokens[i + 1]->getType();
    if (type == BulkheadLexer::LPAREN) ++depth;
    if (type == BulkheadLexer::RPAREN) --depth;
    bool names = type == BulkheadLexer::TABLE || type == BulkheadLexer::EXISTS || type == BulkheadLexer::REFERENCES ||
                 (table && depth == 1 && (type == BulkheadLexer::LPAREN || type == BulkheadLexer::COMMA));
    if (names && next == BulkheadLexer::STRING)
      static_cast<antlr4::CommonToken*>(tokens[i + 1].get())->setType(BulkheadLexer::QUOTED_NAME);
  }
}

}  // namespace

void GrammarParser::SetText(std::string_view text, uint32_t base, bool sqlite_names) {
  text_ = text;
  base_ = base;
  input_ = ByteStream(text);
  lexer_.setInputStream(&input_);
  std::vector<std::unique_ptr<Token>> tokens;
  do tokens.push_back(lexer_.nextToken());
  while (tokens.back()->getType() != Token::EOF);
  if (sqlite_names) {
    JoinBrackets(tokens);
    NameTexts(tokens);
  }
  token_source_ = std::make_unique<antlr4::ListTokenSource>(std::move(tokens));
  Rebuild();
}

void GrammarParser::Rebuild() {
  auto stream = std::make_unique<antlr4::CommonTokenStream>(token_source_.get());
  stream->fill();
  if (!parser_) {
    parser_ = std::make_unique<BulkheadParser>(stream.get());
    parser_->removeErrorListeners();
    parser_->setErrorHandler(strategy_);
  } else {
    parser_->setTokenStream(stream.get());
  }
  stream_ = std::move(stream);
  tokens_ = stream_->getTokens();
}

void GrammarParser::Prepare(Pass pass) {
  failure_.reset();
  strategy_->Start(pass != Pass::Fast);
  stream_->seek(0);
  parser_->reset();
  parser_->getInterpreter<atn::ParserATNSimulator>()->setPredictionMode(
      pass == Pass::Exact ? atn::PredictionMode::LL : atn::PredictionMode::SLL);
}

void GrammarParser::ReplaceByRaw(size_t first, size_t last) {
  std::vector<std::unique_ptr<Token>> tokens;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (i > first && i <= last) continue;
    auto token = std::make_unique<antlr4::CommonToken>(tokens_[i]);
    if (i == first) {
      token->setType(BulkheadLexer::RAW_EXPRESSION);
      token->setStopIndex(tokens_[last]->getStopIndex());
    }
    tokens.push_back(std::move(token));
  }
  token_source_ = std::make_unique<antlr4::ListTokenSource>(std::move(tokens));
  Rebuild();
}

namespace {

// Counts what makes the parser recurse: brackets, CASE, and runs of NOT and of signs. A NOT is over at the next AND, OR,
// comma or clause; a run of signs at the next operand.
class NestingCounter {
 public:
  // Returns the nesting at this token.
  size_t Read(size_t type) {
    bool sign = type == BulkheadLexer::PLUS || type == BulkheadLexer::MINUS || type == BulkheadLexer::TILDE ||
                type == BulkheadLexer::DOUBLE_TILDE;
    signs_ = sign ? signs_ + 1 : 0;
    switch (type) {
      case BulkheadLexer::LPAREN: case BulkheadLexer::LBRACKET: case BulkheadLexer::CASE: Open(); break;
      case BulkheadLexer::RPAREN: case BulkheadLexer::RBRACKET: case BulkheadLexer::END: Close(); break;
      case BulkheadLexer::NOT: ++nots_; break;
      case BulkheadLexer::AND: case BulkheadLexer::OR: case BulkheadLexer::COMMA: case BulkheadLexer::WHEN:
      case BulkheadLexer::THEN: case BulkheadLexer::ELSE: case BulkheadLexer::SELECT: case BulkheadLexer::FROM:
      case BulkheadLexer::WHERE: case BulkheadLexer::ON: case BulkheadLexer::SEMICOLON:
      case BulkheadLexer::CONSTRAINT: case BulkheadLexer::DEFAULT: nots_ = 0; break;
      default: break;
    }
    return outer_ + nots_ + signs_;
  }

 private:
  void Open() {
    levels_.push_back({nots_, 1 + nots_ + signs_});
    outer_ += levels_.back().weight;
    nots_ = signs_ = 0;
  }
  void Close() {
    nots_ = signs_ = 0;
    if (levels_.empty()) return;
    outer_ -= levels_.back().weight;
    nots_ = levels_.back().nots;
    levels_.pop_back();
  }

  struct Level {
    size_t nots;
    size_t weight;
  };
  std::vector<Level> levels_;
  size_t outer_ = 0;
  size_t nots_ = 0;
  size_t signs_ = 0;
};

}  // namespace

const Token* GrammarParser::TooDeep() const {
  NestingCounter counter;
  for (const Token* token : tokens_)
    if (counter.Read(token->getType()) > limits::ExpressionDepthMax) return token;
  return nullptr;
}

}  // namespace bulkhead::syntax
