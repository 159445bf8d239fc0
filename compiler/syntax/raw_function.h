// CREATE FUNCTION of PostgreSQL, whose body is text in whatever language: read word by word, never by the grammar.
#pragma once

#include <string_view>

#include "compiler/ast/ast.h"
#include "compiler/syntax/place.h"

namespace bulkhead::syntax {

// `begin` and `end` bound the statement in the place's text. Never fails: what is not there stays empty.
ast::CreateRawFunction ReadRawFunction(const Place& place, uint32_t begin, uint32_t end);

}  // namespace bulkhead::syntax
