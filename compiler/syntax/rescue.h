// Dumps may hold expressions of PostgreSQL that the grammar does not know. A table is worth more than its CHECK: the
// expression is put aside as text and the rest of the statement is read.
#pragma once

#include "compiler/syntax/grammar_parser.h"

namespace bulkhead::syntax {

// After a failed Parse: replaces the CHECK, USING, DEFAULT or generated expression around the failing token by one
// RAW_EXPRESSION. False when there is none, or when it is one already.
bool RescueExpression(GrammarParser& parser);

}  // namespace bulkhead::syntax
