// Says in words what is wrong at the first error of a statement, and what to do about the usual mistakes.
#pragma once

#include "compiler/source/diagnostic.h"
#include "compiler/syntax/builder.h"
#include "compiler/syntax/grammar_parser.h"

namespace bulkhead::syntax {

// Reports `parser.failure()`. What the piece is for the person: "the statement", "the query".
void ExplainFailure(const GrammarParser& parser, const Builder& builder, source::Diagnostics& diagnostics,
                    std::string_view whole);

// Reports characters that look right and are not: typographic quotes, no-break spaces, control characters. True when
// there were any.
bool ExplainCharacters(const GrammarParser& parser, const Place& place, source::Diagnostics& diagnostics);

}  // namespace bulkhead::syntax
