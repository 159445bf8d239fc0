#include <algorithm>

#include "compiler/schema/schema.h"
#include "compiler/schema/types.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {

ir::Module Bind(const ast::Tree& tree, const std::vector<ast::File>& files, const schema::Catalog& catalog,
                source::Diagnostics& diagnostics) {
  return Binder(tree, files, catalog, diagnostics).Bind();
}

ir::Module Binder::Bind() {
  CollectDefinitions();
  CollectClaims();
  CheckDefinitions();
  BindStreams();
  CheckStatements();
  ReportUnused();
  return std::move(output_.module);
}

// ---- Definitions
// -------------------------------------------------------------------------------------------------

// Those of libraries come last, so that they yield.
void Binder::CollectDefinitions() {
  for (const ast::File& file : files_) {
    if (!file.library) CollectDefinitions(file);
  }
  for (const ast::File& file : files_) {
    if (file.library) CollectDefinitions(file);
  }
}

void Binder::CollectDefinitions(const ast::File& file) {
  for (const ast::Statement& statement : file.statements) {
    Definition definition;
    definition.library = file.library;
    definition.lenient = file.lenient;
    definition.statement_span = statement.span;
    if (const auto* view = std::get_if<ast::CreateView>(&statement.kind)) {
      definition.schema = schema::DefaultSchemaAsEmpty(view->name.schema.text);
      definition.name = view->name.name.text;
      definition.name_span = view->name.span;
      definition.columns = view->columns;
      definition.query = view->query;
    } else if (const auto* function = std::get_if<ast::CreateFunction>(&statement.kind)) {
      definition.kind = Definition::Kind::Function;
      definition.name = function->name.text;
      definition.name_span = function->name.span;
      definition.function = function;
    } else if (const auto* broken = std::get_if<ast::Broken>(&statement.kind)) {
      const bool view = broken->kind == ast::BrokenKind::View;
      if ((!view && broken->kind != ast::BrokenKind::Function) || !broken->name.HasValue()) continue;
      definition.kind = view ? Definition::Kind::View : Definition::Kind::Function;
      definition.name = broken->name.name.text;
      definition.name_span = broken->name.span;
      definition.broken = true;
    } else {
      continue;
    }
    AddDefinition(std::move(definition));
  }
}

void Binder::AddDefinition(Definition definition) {
  const bool view = definition.kind != Definition::Kind::Function;
  auto& names = view ? views_ : functions_;
  std::string key = definition.schema.empty() ? definition.name : definition.schema + "." + definition.name;
  auto known = names.find(key);
  if (known != names.end() && definition.library) return;
  if (known != names.end()) {
    Report<DiagKind::DuplicateName>(definition.name_span, definition.name)
        .Label(known->second->name_span, "first declared here");
    return;
  }
  schema::TableId table =
      view && !catalog_.open ? catalog_.Find(definition.schema, definition.name) : schema::TableId{};
  if (table.HasValue() && definition.library) return;
  if (table.HasValue() && definition.lenient) {
    Report<DiagKind::CteShadowsTable>(definition.name_span, definition.name)
        .Label(catalog_.tables[table].name_span, "the table");
  } else if (table.HasValue()) {
    Report<DiagKind::DuplicateName>(definition.name_span, definition.name)
        .Label(catalog_.tables[table].name_span, "a table of this name");
  }
  if (!view && functions::FindName(definition.name)) {
    Report<DiagKind::DuplicateName>(definition.name_span, definition.name)
        .Note("the library has a function of this name");
  }
  Definition& kept = definitions_.emplace_back(std::move(definition));
  names.emplace(std::move(key), &kept);
}

// Each is bound once by itself, so that its mistakes are found though nobody uses it.
void Binder::CheckDefinitions() {
  const size_t count = definitions_.size();  // WITH queries are added meanwhile.
  for (size_t i = 0; i < count; ++i) CheckDefinition(definitions_[i]);
}

void Binder::CheckDefinition(Definition& definition) {
  if (definition.broken || definition.library) return;
  lenient_ = definition.lenient;
  StartQuery(definition.name_span);
  Scratch([&] {
    if (definition.function) {
      Scope body;
      for (const ast::Parameter& parameter : definition.function->parameters) {
        ir::Facts facts;
        facts.declared = TypeOf(parameter.type);
        // Stands for any argument; nobody looks at it but the type checker.
        ExprId value = Add({ir::ColumnExpr{{}, parameter.name.text}, facts, parameter.span});
        for (const auto& [name, other] : body.arguments) {
          if (name == parameter.name.text) Report<DiagKind::DuplicateParameter>(parameter.name.span, name);
        }
        body.arguments.emplace_back(parameter.name.text, value);
      }
      if (definition.function->returns.HasValue()) TypeOf(definition.function->returns);
      if (!definition.function->body.HasValue()) return;
      definition.active = true;
      BindExpr(definition.function->body, body);
      definition.active = false;
      return;
    }
    const size_t arms = CountDefinition(definition);
    if (arms > limits::BranchesPerQueryMax)
      return TooLarge(fmt::format("{} arms of UNION", limits::BranchesPerQueryMax));
    const bool used = definition.used;
    for (size_t i = 0; i < arms; ++i) {
      Draft draft;
      ExpandDefinition(definition, i, definition.name_span, draft);
    }
    definition.used = used;
  });
}

// What is not used may be meant where an error stands.
void Binder::ReportUnused() {
  if (diagnostics_.has_errors()) return;
  for (const Definition& definition : definitions_) {
    if (!definition.used && !definition.broken && !definition.library) {
      Report<DiagKind::UnusedDefinition>(definition.name_span, definition.name);
    }
  }
}

// ---- Claims
// ------------------------------------------------------------------------------------------------------

void Binder::CollectClaims() {
  for (const ast::File& file : files_) {
    for (const ast::Statement& statement : file.statements) {
      const auto* principal = std::get_if<ast::CreatePrincipal>(&statement.kind);
      if (!principal) continue;
      if (claims_declared_) {
        Report<DiagKind::SecondPrincipal>(statement.span);
        continue;
      }
      claims_declared_ = true;
      BindClaims(*principal);
    }
  }
}

void Binder::BindClaims(const ast::CreatePrincipal& principal) {
  std::vector<ir::Claim>& claims = output_.module.claims;
  for (const ast::ColumnDef& column : principal.claims) {
    auto same = [&](const ir::Claim& claim) { return claim.name == column.name.text; };
    if (auto known = std::ranges::find_if(claims, same); known != claims.end()) {
      Report<DiagKind::DuplicateClaim>(column.name.span, column.name.text).Label(known->span, "the first");
      continue;
    }
    claims.push_back(
        {column.name.text, TypeOf(column.type), column.not_null || column.primary_key, column.name.span});
  }
}

schema::Type Binder::TypeOf(const ast::TypeName& type) {
  if (auto known = schema::KnownType(catalog_, type)) return *known;
  Report<DiagKind::UnknownType>(type.span, schema::Spelling(type))
      .Help(DidYouMean(type.name, schema::TypeNames(catalog_)));
  return {};
}

// ---- Streams
// -----------------------------------------------------------------------------------------------------

void Binder::BindStreams() {
  marking_ = true;
  for (const ast::File& file : files_) {
    lenient_ = file.lenient;
    for (const ast::Statement& statement : file.statements) {
      if (const auto* stream = std::get_if<ast::CreateStream>(&statement.kind))
        BindStream(statement, *stream);
      if (const auto* broken = std::get_if<ast::Broken>(&statement.kind)) {
        if (broken->kind == ast::BrokenKind::Stream && broken->name.HasValue()) {
          streams_.try_emplace(broken->name.name.text, broken->name.span);
        }
      }
    }
  }
  lenient_ = false;
  marking_ = false;
}

void Binder::BindStream(const ast::Statement& at, const ast::CreateStream& statement) {
  const size_t errors_before = diagnostics_.error_count();
  auto [known, inserted] = streams_.try_emplace(statement.name.text, statement.name.span);
  if (!inserted) {
    Report<DiagKind::DuplicateStream>(statement.name.span, statement.name.text)
        .Label(known->second, "first declared here");
  }
  ir::Stream stream;
  stream.name = statement.name.text;
  stream.auto_subscribe = statement.auto_subscribe;
  stream.span = at.span;
  stream.name_span = statement.name.span;
  if (statement.priority) {
    const int64_t value = statement.priority->value;
    if (value < 0 || value > 3)
      Report<DiagKind::BadPriority>(statement.priority->span, value);
    else
      stream.priority = static_cast<uint8_t>(value);
  }
  if (!statement.hints.empty()) Report<DiagKind::PlanHintUnsupported>(statement.hints[0].span);
  parameters_used_.clear();
  BindParameters(stream, statement.parameters);
  stream_ = &stream;
  // The queries of a block share its WITH queries.
  ast::Query holder;
  holder.with = statement.with;
  const Env* env = EnvOf(stream_withs_.emplace_back(std::move(holder)), nullptr);
  for (ast::QueryId query : statement.queries) BindStreamQuery(stream, query, env);
  stream_ = nullptr;
  if (diagnostics_.error_count() == errors_before) {
    for (const ir::Parameter& parameter : stream.parameters) {
      if (!parameters_used_.contains(parameter.name)) {
        Report<DiagKind::UnusedParameter>(parameter.span, parameter.name);
      }
    }
  }
  output_.module.streams.push_back(std::move(stream));
}

void Binder::BindParameters(ir::Stream& stream, const std::vector<ast::Parameter>& parameters) {
  for (const ast::Parameter& parameter : parameters) {
    auto same = [&](const ir::Parameter& other) { return other.name == parameter.name.text; };
    if (auto known = std::ranges::find_if(stream.parameters, same); known != stream.parameters.end()) {
      Report<DiagKind::DuplicateParameter>(parameter.name.span, parameter.name.text)
          .Label(known->span, "the first");
      continue;
    }
    ir::Parameter bound{parameter.name.text, TypeOf(parameter.type), parameter.not_null, {}, parameter.span};
    if (parameter.default_value.HasValue()) {
      StartQuery(parameter.span);
      bound.default_value = BindExpr(parameter.default_value, Scope{});
    }
    stream.parameters.push_back(std::move(bound));
  }
}

void Binder::BindStreamQuery(ir::Stream& stream, ast::QueryId id, const Env* env) {
  if (!id.HasValue()) return;
  const ast::Query& query = tree_[id];
  StartQuery(query.span);
  const size_t count = CountArms(id, env);
  if (count > limits::BranchesPerQueryMax) {
    return TooLarge(fmt::format("{} arms of UNION", limits::BranchesPerQueryMax));
  }
  ir::Query bound;
  bound.span = query.span;
  ast::Name into;
  for (size_t i = 0; i < count; ++i) {
    Draft draft;
    BoundArm arm = BindArm(id, i, nullptr, env, draft);
    if (i == 0 && arm.select) into = arm.select->into;
    if (arm.select && arm.select->into.HasValue()) into = arm.select->into;
    if (!arm.select && !arm.broken) {
      Report<DiagKind::NoTable>(query.span);
      continue;
    }
    const Span span = arm.select ? arm.select->span : query.span;
    SelectId select = AddSelect(std::move(draft), {}, span);
    FinishArm(out_->module.selects[select], std::move(arm), into, span);
    bound.arms.push_back(select);
  }
  stream.queries.push_back(std::move(bound));
}

}  // namespace bulkhead::sema
