// The tree as S-expressions: stable text for golden files and for `bulkhead dump --stage=ast`. Spans and comments are
// left out, so two texts that mean the same statement print the same.
#pragma once

#include <string>

#include "compiler/ast/ast.h"

namespace bulkhead::ast {

std::string Print(const Tree& tree, ExprId id);
std::string Print(const Tree& tree, QueryId id);
std::string Print(const Tree& tree, const Statement& statement);
// One statement per paragraph, indented.
std::string Print(const Tree& tree, const File& file);

// The spelling of an operator in SQL: "=", "->>", "IS NOT", … ("" for BinaryOp::Other).
std::string_view Spelling(BinaryOp op);
std::string_view Spelling(UnaryOp op);
std::string_view Spelling(LikeOp op);
std::string_view Spelling(IsTest test);
std::string_view Spelling(SetOp op);

}  // namespace bulkhead::ast
