// From ANTLR's parse tree to ours. One Builder reads one statement, query or expression.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/source/diagnostic.h"
#include "compiler/syntax/grammar_parser.h"
#include "compiler/syntax/place.h"

namespace bulkhead::syntax {

// The context when it is of that very class, else null. Contexts are made in one library, so each class has one
// type_info: comparing addresses is much cheaper than dynamic_cast.
template <typename Context>
Context* As(antlr4::ParserRuleContext* context) {
  return &typeid(*context) == &typeid(Context) ? static_cast<Context*>(context) : nullptr;
}

class Builder {
 public:
  using P = BulkheadParser;

  Builder(ast::Tree& tree, const GrammarParser& parser, const Place& place, source::Diagnostics& diagnostics)
      : tree_(tree), parser_(parser), place_(place), diagnostics_(diagnostics) {}

  ast::Statement::Kind Statement(P::StatementContext* context);
  ast::QueryId Query(P::QueryContext* context);
  ast::ExprId Expr(P::ExprContext* context);

  // Where the statement's text has keywords that are not used as names.
  std::vector<uint32_t> Keywords() const;

  source::Span SpanOf(const antlr4::Token* token) const { return SpanOf(token, token); }
  source::Span SpanOf(const antlr4::Token* first, const antlr4::Token* last) const;

 private:
  using ParserRule = antlr4::ParserRuleContext;

  // Names and literals (builder_names.cpp).
  source::Span SpanOf(const ParserRule* context) const { return SpanOf(context->start, context->stop); }
  std::string_view TextOf(const antlr4::Token* token) const { return parser_.Text(token); }
  std::string_view TextOf(const ParserRule* context) const;
  std::string_view TextBetween(const antlr4::Token* first, const antlr4::Token* last) const;
  ast::Name NameOf(const antlr4::Token* token) const;
  ast::Name NameOf(const ParserRule* context) const { return NameOf(context->start); }
  template <typename Contexts>
  std::vector<ast::Name> NamesOf(const Contexts& contexts) const {
    std::vector<ast::Name> names;
    for (auto* context : contexts) names.push_back(NameOf(context));
    return names;
  }
  std::vector<ast::Name> Columns(P::ColumnListContext* context) const;
  ast::QualifiedName Qualified(P::QualifiedNameContext* context) const;
  template <typename Contexts>
  std::vector<ast::QualifiedName> QualifiedList(const Contexts& contexts) const {
    std::vector<ast::QualifiedName> names;
    for (auto* context : contexts) names.push_back(Qualified(context));
    return names;
  }
  ast::QualifiedName QualifiedOf(const std::vector<ast::Name>& parts, source::Span span) const;
  ast::TextLiteral TextLiteralOf(const antlr4::Token* token) const;
  std::string StringValue(const antlr4::Token* token) const;
  ast::TypeName Type(P::ColumnTypeContext* context) const;
  ast::TypeName Type(P::CastTypeContext* context) const;
  void AddTypeArguments(ast::TypeName& type, P::TypeArgumentsContext* context) const;

  // Expressions (builder_expr.cpp, builder_atom.cpp). Nesting of the tree is bounded: too deep a node becomes ErrorExpr.
  ast::ExprId Add(source::Span span, ast::Expr::Kind kind, uint32_t depth);
  ast::ExprId Add(source::Span span, ast::Expr::Kind kind, std::initializer_list<ast::ExprId> children = {});
  uint32_t DepthOf(ast::ExprId id) const;
  uint32_t DepthOf(const std::vector<ast::ExprId>& ids) const;
  source::Span SpanOf(ast::ExprId id) const { return tree_[id].span; }
  std::vector<ast::ExprId> Exprs(const std::vector<P::ExprContext*>& contexts);
  ast::ExprId OptionalExpr(P::ExprContext* context) { return context ? Expr(context) : ast::ExprId{}; }
  ast::ExprId OptionalOperand(P::OperandContext* context) { return context ? Operand(context) : ast::ExprId{}; }

  ast::ExprId Conjunction(P::ConjunctionContext* context);
  ast::ExprId Negation(P::NegationContext* context);
  ast::ExprId Logical(source::Span span, ast::LogicalOp op, std::vector<ast::ExprId> args);
  ast::ExprId Comparison(P::ComparisonContext* context);
  ast::ExprId Operand(P::OperandContext* context);
  ast::ExprId Unary(P::UnaryOperandContext* context);
  // `text` is that of the operand.
  ast::ExprId Signed(source::Span span, const antlr4::Token* op, std::string_view text, ast::ExprId operand);
  ast::ExprId Link(P::OperandContext* context, ast::ExprId lhs);
  ast::ExprId BinaryLink(P::BinaryOperandContext* context, ast::ExprId lhs);
  // From the operator `next` on, those that bind at least as tightly as `least`.
  ast::ExprId DefaultOperand(P::DefaultOperandContext* context, size_t& next, int least);
  ast::ExprId DefaultTerm(P::DefaultTermContext* context);
  ast::ExprId ComparisonOperand(P::ComparisonOperandContext* context);
  ast::ExprId Primary(P::PrimaryContext* context);
  ast::ExprId Parenthesised(P::ParenthesisedContext* context);
  ast::ExprId Simple(P::SimpleContext* context);
  ast::ExprId Literal(const antlr4::Token* token);
  ast::ExprId Integer(const antlr4::Token* token);
  ast::ExprId Blob(const antlr4::Token* token);
  ast::ExprId Case(P::SimpleContext* context);
  ast::ExprId NameOrCall(P::NameOrCallContext* context);
  ast::ExprId Call(ast::QualifiedName function, P::FunctionCallContext* context, const antlr4::Token* first);
  void CallArguments(ast::CallExpr& call, P::FunctionArgumentsContext* context);
  ast::ExprId TrimmedCharacters(ast::CallExpr& call, ast::ExprId characters);
  ast::ExprId FinishCall(ast::CallExpr call, source::Span span);
  ast::ExprId Quantified(source::Span span, ast::BinaryOp op, std::string other, ast::ExprId lhs,
                         const antlr4::Token* quantifier, P::QueryContext* query, P::ExprContext* array);
  ast::InTarget InTargetOf(P::InTargetContext* context);
  ast::ExprId InValueOf(P::InValueContext* context);
  ast::Window WindowOf(P::WindowContext* context);
  std::vector<ast::OrderTerm> OrderTerms(P::OrderTermsContext* context);
  // Reads the query inside an expression; `*depth` is its nesting.
  ast::QueryId InnerQuery(P::QueryContext* query, uint32_t* depth);

  // A comparison whose last operand may still grow: in a = b < c the right side of = is b < c.
  struct OpenComparison;
  ast::ExprId Close(const OpenComparison& open, ast::ExprId last);

  // Queries (builder_query.cpp).
  ast::QueryId QueryBody(P::WithClauseContext* with, P::QueryBodyContext* body, source::Span span);
  std::vector<ast::Cte> With(P::WithClauseContext* context);
  ast::QueryArm Arm(P::QueryArmContext* context);
  ast::Select Select(P::SelectContext* context);
  ast::SelectItem Item(P::SelectItemContext* context);
  std::vector<std::vector<ast::ExprId>> Rows(P::RowsContext* context);
  ast::FromId From(P::FromItemContext* context);
  ast::FromId FromPrimary(P::FromPrimaryContext* context);
  ast::FromId Join(P::JoinPartContext* context, ast::FromId lhs);
  void Limit(ast::Query& query, P::LimitClauseContext* context);

  // Statements of rules (builder_rules.cpp).
  ast::Statement::Kind Created(P::CreateBodyContext* context);
  ast::CreateTenant Tenant(P::TenantContext* context);
  ast::Isolate IsolateOf(P::IsolateContext* context);
  ast::Confidential ConfidentialOf(P::ConfidentialContext* context);
  ast::CreatePolicy Policy(P::PolicyContext* context);
  ast::CreateView View(P::ViewContext* context);
  ast::CreateFunction Function(P::FunctionContext* context);
  ast::Parameter Parameter(P::ParameterContext* context);
  ast::CreateStream Stream(P::StreamContext* context);
  void StreamOption(ast::CreateStream& stream, P::StreamOptionContext* context);
  void StreamBlock(ast::CreateStream& stream, P::BlockContext* context);
  ast::CreateTest Test(P::TestContext* context);
  ast::TestStep TestStep(P::TestStepContext* context);
  ast::ConnectStep Connect(P::ConnectStepContext* context);
  ast::Argument ArgumentOf(P::ArgumentContext* context);
  std::vector<ast::Argument> Arguments(P::ArgumentsContext* context);
  std::vector<ast::Hint> Hints(P::HintListContext* context);
  ast::Use UseOf(P::UseContext* context);
  ast::Assume AssumeOf(P::AssumeContext* context);
  ast::Priority PriorityOf(const antlr4::Token* sign, const antlr4::Token* value);

  // DDL (builder_ddl.cpp).
  ast::CreateTable Table(P::TableContext* context);
  ast::ColumnDef Column(P::ColumnDefContext* context);
  void ColumnConstraint(ast::ColumnDef& column, P::ColumnConstraintContext* context);
  ast::TableConstraint Constraint(P::TableConstraintContext* context);
  ast::ForeignKey References(P::ForeignKeyTargetContext* context);
  ast::CreateEnum Enum(P::EnumTypeContext* context);
  ast::CreateDomain Domain(P::DomainContext* context);
  ast::CreateIndex Index(P::IndexContext* context);
  ast::AlterTable AlterTable(P::AlterTableContext* context);
  ast::Alteration Alteration(P::AlterationContext* context);
  ast::AlterColumn AlterColumn(P::AlterColumnActionContext* context);
  ast::AlterEnum AlterEnum(P::AlterEnumContext* context);

  ast::Tree& tree_;
  const GrammarParser& parser_;
  const Place& place_;
  source::Diagnostics& diagnostics_;

  mutable std::vector<size_t> names_;  // indexes of keyword tokens that were read as names
  uint32_t first_expr_ = tree_.exprs.size();
  std::vector<uint16_t> depths_;  // by expression, from first_expr_ on
  uint32_t deepest_ = 0;          // of the query that is being read
  bool reported_deep_ = false;
};

}  // namespace bulkhead::syntax
