#include "compiler/syntax/rescue.h"

namespace bulkhead::syntax {
namespace {

using P = BulkheadParser;

struct Region {
  size_t first = 0;
  size_t last = 0;
  bool HasValue() const { return last > 0; }
};

size_t TypeAt(const GrammarParser& parser, size_t index) { return parser.tokens()[index]->getType(); }

// The index of the parenthesis that closes the one at `open`, or 0.
size_t Closing(const GrammarParser& parser, size_t open) {
  int depth = 0;
  for (size_t i = open; i < parser.tokens().size(); ++i) {
    if (TypeAt(parser, i) == P::LPAREN) ++depth;
    if (TypeAt(parser, i) == P::RPAREN && --depth == 0) return i;
  }
  return 0;
}

bool HoldsExpression(size_t keyword) { return keyword == P::CHECK || keyword == P::USING || keyword == P::AS; }

// CHECK ( … ), USING ( … ), AS ( … ): what is inside the outermost such parentheses around `at`.
Region InParentheses(const GrammarParser& parser, size_t at) {
  for (size_t i = 1; i < at; ++i) {
    if (TypeAt(parser, i) != P::LPAREN || !HoldsExpression(TypeAt(parser, i - 1))) continue;
    size_t close = Closing(parser, i);
    if (close >= at && close > i + 1) return {i + 1, close - 1};
  }
  return {};
}

bool EndsDefault(size_t type) {
  switch (type) {
    case P::COMMA: case P::NOT: case P::CONSTRAINT: case P::CHECK: case P::UNIQUE: case P::PRIMARY:
    case P::REFERENCES: case P::COLLATE: case P::GENERATED: case antlr4::Token::EOF:
      return true;
    default:
      return false;
  }
}

// DEFAULT … up to the next constraint or column.
Region AfterDefault(const GrammarParser& parser, size_t at) {
  for (size_t begin = at; begin-- > 0;) {
    if (TypeAt(parser, begin) != P::DEFAULT) continue;
    int depth = 0;
    size_t end = begin + 1;
    for (; end < parser.tokens().size(); ++end) {
      size_t type = TypeAt(parser, end);
      if (depth == 0 && (EndsDefault(type) || type == P::RPAREN)) break;
      if (type == P::LPAREN) ++depth;
      if (type == P::RPAREN) --depth;
    }
    return end >= at && end > begin + 1 ? Region{begin + 1, end - 1} : Region{};
  }
  return {};
}

}  // namespace

bool RescueExpression(GrammarParser& parser) {
  size_t at = parser.failure().token_index;
  Region region = InParentheses(parser, at);
  if (!region.HasValue()) region = AfterDefault(parser, at);
  if (!region.HasValue()) return false;
  if (region.first == region.last && TypeAt(parser, region.first) == P::RAW_EXPRESSION) return false;
  parser.ReplaceByRaw(region.first, region.last);
  return true;
}

}  // namespace bulkhead::syntax
