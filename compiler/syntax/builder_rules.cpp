#include <charconv>

#include "compiler/source/scanner.h"
#include "compiler/syntax/builder.h"

namespace bulkhead::syntax {


using antlr4::Token;
using source::DiagKind;

ast::Statement::Kind Builder::Statement(P::StatementContext* context) {
  if (context->createBody()) return Created(context->createBody());
  if (context->isolate()) return IsolateOf(context->isolate());
  if (context->share()) return ast::Share{QualifiedList(context->share()->tables)};
  if (context->confidential()) return ConfidentialOf(context->confidential());
  if (context->use()) return UseOf(context->use());
  if (context->assume()) return AssumeOf(context->assume());
  if (context->alterTable()) return AlterTable(context->alterTable());
  if (context->alterEnum()) return AlterEnum(context->alterEnum());
  auto* hint = context->planHint();
  return ast::PlanHint{NameOf(hint->name), Hints(hint->hintList())};
}

ast::Statement::Kind Builder::Created(P::CreateBodyContext* context) {
  if (context->stream()) return Stream(context->stream());
  if (context->table()) return Table(context->table());
  if (context->view()) return View(context->view());
  if (context->function()) return Function(context->function());
  if (context->policy()) return Policy(context->policy());
  if (context->test()) return Test(context->test());
  if (context->tenant()) return Tenant(context->tenant());
  if (context->enumType()) return Enum(context->enumType());
  if (context->domain()) return Domain(context->domain());
  if (context->index()) return Index(context->index());
  if (context->schemaFrom()) return ast::SchemaFrom{TextLiteralOf(context->schemaFrom()->path)};
  ast::CreatePrincipal principal;
  for (auto* claim : context->principal()->claims) principal.claims.push_back(Column(claim));
  return principal;
}

// ---- Policy --------------------------------------------------------------------------------------------------------

ast::CreateTenant Builder::Tenant(P::TenantContext* context) {
  ast::CreateTenant tenant;
  tenant.name = NameOf(context->name);
  tenant.table = Qualified(context->tableName);
  tenant.key = Columns(context->key);
  tenant.visible_to = InTargetOf(context->inTarget());
  return tenant;
}

ast::Isolate Builder::IsolateOf(P::IsolateContext* context) {
  auto by = context->THROUGH() ? ast::IsolateBy::ForeignKey : ast::IsolateBy::Columns;
  return {QualifiedList(context->tables), by, NamesOf(context->isolateColumns()->columns)};
}

ast::Confidential Builder::ConfidentialOf(P::ConfidentialContext* context) {
  ast::Confidential confidential;
  for (auto* item : context->items)
    confidential.tables.push_back({Qualified(item->qualifiedName()), Columns(item->columnList())});
  return confidential;
}

namespace {

ast::PolicyCommand PolicyCommandOf(const Token* token) {
  if (token == nullptr) return ast::PolicyCommand::All;
  switch (token->getType()) {
    case BulkheadParser::SELECT: return ast::PolicyCommand::Select;
    case BulkheadParser::INSERT: return ast::PolicyCommand::Insert;
    case BulkheadParser::UPDATE: return ast::PolicyCommand::Update;
    case BulkheadParser::DELETE: return ast::PolicyCommand::Delete;
    default: return ast::PolicyCommand::All;
  }
}

}  // namespace

ast::CreatePolicy Builder::Policy(P::PolicyContext* context) {
  ast::CreatePolicy policy;
  policy.name = NameOf(context->name);
  policy.table = Qualified(context->tableName);
  policy.permissive = context->RESTRICTIVE() == nullptr;
  policy.command = PolicyCommandOf(context->command);
  for (auto* role : context->roles)
    if (ast::Name name = NameOf(role); name.text != "public" || name.quoted) policy.roles.push_back(std::move(name));
  policy.using_condition = OptionalExpr(context->usingCondition);
  policy.check_condition = OptionalExpr(context->checkCondition);
  return policy;
}

// ---- Views, functions, streams -------------------------------------------------------------------------------------

ast::CreateView Builder::View(P::ViewContext* context) {
  return {Qualified(context->qualifiedName()), Columns(context->columnList()), Query(context->query())};
}

ast::CreateFunction Builder::Function(P::FunctionContext* context) {
  ast::CreateFunction function;
  function.name = NameOf(context->name);
  for (auto* parameter : context->parameters) function.parameters.push_back(Parameter(parameter));
  function.returns = Type(context->resultType);
  function.body = Expr(context->body);
  return function;
}

ast::Parameter Builder::Parameter(P::ParameterContext* context) {
  ast::Parameter parameter;
  parameter.span = SpanOf(context);
  parameter.name = NameOf(context->name);
  parameter.type = Type(context->columnType());
  parameter.not_null = context->notNull != nullptr;
  parameter.default_value = OptionalOperand(context->defaultValue);
  return parameter;
}

ast::CreateStream Builder::Stream(P::StreamContext* context) {
  ast::CreateStream stream;
  stream.name = NameOf(context->name);
  for (auto* option : context->options) StreamOption(stream, option);
  if (context->block()) {
    StreamBlock(stream, context->block());
  } else {
    stream.queries.push_back(Query(context->single));
  }
  return stream;
}

void Builder::StreamOption(ast::CreateStream& stream, P::StreamOptionContext* context) {
  auto once = [&](bool given, std::string_view what) {
    if (given) diagnostics_.Report<DiagKind::GivenTwice>(SpanOf(context), what);
  };
  if (auto* priority = As<P::PriorityOptionContext>(context)) {
    once(stream.priority.has_value(), "PRIORITY");
    stream.priority = PriorityOf(priority->sign, priority->value);
  } else if (auto* parameters = As<P::ParametersOptionContext>(context)) {
    once(!stream.parameters.empty(), "the parameter list");
    for (auto* parameter : parameters->parameters) stream.parameters.push_back(Parameter(parameter));
  } else if (auto* hint = As<P::HintOptionContext>(context)) {
    for (ast::Hint& item : Hints(hint->hintList())) stream.hints.push_back(std::move(item));
  } else {
    once(stream.auto_subscribe, "AUTO SUBSCRIBE");
    stream.auto_subscribe = true;
  }
}

ast::Priority Builder::PriorityOf(const Token* sign, const Token* value) {
  ast::Priority priority;
  priority.span = SpanOf(sign ? sign : value, value);
  std::string_view text = TextOf(value);
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), priority.value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    diagnostics_.Report<DiagKind::MalformedNumber>(SpanOf(value), text).Help("write a small decimal number");
  if (sign) priority.value = -priority.value;
  return priority;
}

void Builder::StreamBlock(ast::CreateStream& stream, P::BlockContext* context) {
  stream.block = true;
  for (auto* item : context->items) {
    if (item->queryBody()) {
      stream.queries.push_back(QueryBody(item->withClause(), item->queryBody(), SpanOf(item)));
    } else {
      for (ast::Cte& cte : With(item->withClause())) stream.with.push_back(std::move(cte));
    }
  }
  if (stream.queries.empty())
    diagnostics_.Report<DiagKind::EmptyStream>(stream.name.span, stream.name.text)
        .Help("write at least one SELECT between BEGIN and END");
}

std::vector<ast::Hint> Builder::Hints(P::HintListContext* context) {
  std::vector<ast::Hint> hints;
  for (auto* hint : context->hints) hints.push_back({NameOf(hint->key), Exprs(hint->values), SpanOf(hint)});
  return hints;
}

// ---- Tests ---------------------------------------------------------------------------------------------------------

ast::CreateTest Builder::Test(P::TestContext* context) {
  ast::CreateTest test;
  test.name = TextLiteralOf(context->name);
  for (auto* step : context->steps) test.steps.push_back(TestStep(step));
  return test;
}

ast::TestStep Builder::TestStep(P::TestStepContext* context) {
  ast::TestStep step;
  step.span = SpanOf(context);
  if (auto* insert = As<P::InsertStepContext>(context)) {
    step.kind = ast::InsertStep{Qualified(insert->qualifiedName()), Columns(insert->columnList()), Rows(insert->rows())};
  } else if (auto* update = As<P::UpdateStepContext>(context)) {
    ast::UpdateStep out{Qualified(update->qualifiedName()), {}, {}};
    for (auto* assignment : update->assignment())
      out.assignments.push_back({NameOf(assignment->word()), Expr(assignment->expr())});
    out.where = OptionalExpr(update->expr());
    step.kind = std::move(out);
  } else if (auto* remove = As<P::DeleteStepContext>(context)) {
    step.kind = ast::DeleteStep{Qualified(remove->qualifiedName()), OptionalExpr(remove->expr())};
  } else if (auto* connect = As<P::ConnectStepContext>(context)) {
    step.kind = Connect(connect);
  } else if (auto* expect = As<P::ExpectStepContext>(context)) {
    step.kind = ast::ExpectStep{NameOf(expect->name), Columns(expect->columnList()), Rows(expect->rows())};
  } else {
    step.kind = ast::ExpectNothingStep{};
  }
  return step;
}

ast::ConnectStep Builder::Connect(P::ConnectStepContext* context) {
  ast::ConnectStep step;
  step.subject = OptionalExpr(context->subject);
  for (auto* claim : context->claims) step.claims.push_back(ArgumentOf(claim));
  step.connection_parameters = Arguments(context->connection);
  for (auto* subscription : context->subscriptions) {
    ast::Subscription& added = step.subscriptions.emplace_back();
    added.stream = NameOf(subscription->word());
    added.parameters = Arguments(subscription->arguments());
    if (subscription->value) added.priority = PriorityOf(nullptr, subscription->value);
    added.span = SpanOf(subscription);
  }
  return step;
}

ast::Argument Builder::ArgumentOf(P::ArgumentContext* context) {
  ast::Argument argument;
  if (context->label()) {
    argument.name = NameOf(context->label());
  } else {
    argument.name = {StringValue(context->start), SpanOf(context->start), true};
  }
  argument.value = Expr(context->expr());
  return argument;
}

std::vector<ast::Argument> Builder::Arguments(P::ArgumentsContext* context) {
  std::vector<ast::Argument> arguments;
  if (context == nullptr) return arguments;
  for (auto* argument : context->argument()) arguments.push_back(ArgumentOf(argument));
  return arguments;
}

// ---- The rest ------------------------------------------------------------------------------------------------------

ast::Use Builder::UseOf(P::UseContext* context) {
  ast::Use use;
  if (context->path) {
    use.path = TextLiteralOf(context->path);
    return use;
  }
  use.library.push_back(NameOf(context->library));
  for (auto* part : context->libraryPart) use.library.push_back(NameOf(part));
  return use;
}

ast::Assume Builder::AssumeOf(P::AssumeContext* context) {
  ast::Assume assume;
  assume.table = Qualified(context->tableName);
  if (context->condition) {
    assume.constraint = ast::Check{Expr(context->condition)};
  } else if (context->target) {
    ast::ForeignKey key;
    key.columns = Columns(context->columnList(0));
    key.table = Qualified(context->target);
    key.referenced = Columns(context->targetColumns);
    assume.constraint = std::move(key);
  } else if (context->UNIQUE()) {
    assume.constraint = ast::UniqueKey{Columns(context->columnList(0)), false};
  } else {
    assume.constraint = ast::AssumeNotNull{Columns(context->columnList(0))};
  }
  return assume;
}

}  // namespace bulkhead::syntax
