#include "compiler/schema/schema.h"
#include "compiler/sema/binder.h"

namespace bulkhead::sema {

// Statements that later stages will use: what they name is checked now.
void Binder::CheckStatements() {
  marking_ = true;
  for (const ast::File& file : files_) {
    for (const ast::Statement& statement : file.statements) {
      std::visit(Match{
                     [&](const ast::CreateTenant& s) { CheckTenant(s); },
                     [&](const ast::Isolate& s) { CheckIsolate(s); },
                     [&](const ast::Share& s) {
                       for (const ast::QualifiedName& table : s.tables) CheckTable(table);
                     },
                     [&](const ast::Confidential& s) {
                       for (const auto& item : s.tables) CheckColumns(CheckTable(item.table), item.columns);
                     },
                     [&](const ast::CreatePolicy& s) { CheckPolicy(s); },
                     [&](const ast::CreateTest& s) { CheckTest(s); },
                     [&](const ast::Assume& s) { CheckAssume(s); },
                     [&](const ast::PlanHint& s) { CheckPlanHint(s); },
                     [](const auto&) {},
                 },
                 statement.kind);
    }
  }
  marking_ = false;
}

const schema::Table* Binder::CheckTable(const ast::QualifiedName& name) {
  if (catalog_.open || !name.HasValue()) return nullptr;
  schema::TableId id = catalog_.Find(name.schema.text, name.name.text);
  if (id.HasValue()) return &catalog_.tables[id];
  ReportUnknownTable(name, nullptr);
  return nullptr;
}

void Binder::CheckColumns(const schema::Table* table, const std::vector<ast::Name>& columns) {
  if (!table || table->incomplete) return;
  std::vector<std::string_view> known;
  for (const schema::Column& column : table->columns) known.push_back(column.name);
  for (const ast::Name& name : columns) {
    if (table->FindColumn(name.text)) continue;
    Report<DiagKind::UnknownColumn>(name.span, table->QualifiedName(), name.text)
        .Label(table->name_span, "declared here")
        .Help(DidYouMean(name.text, known));
  }
}

// What is not available in streams yet may stand in a policy, which no plan is made of: only names count.
void Binder::CheckCondition(const ast::QualifiedName& table, ast::ExprId condition) {
  if (!condition.HasValue()) return;
  names_only_ = true;
  StartQuery(tree_[condition].span);
  Scratch([&] {
    Draft draft;
    Scope scope;
    Relation relation = TableRelation(table, "", nullptr, draft);
    relation.alias = table.name.text;
    scope.relations.push_back(std::move(relation));
    BindExpr(condition, scope, Need::Truth);
  });
  names_only_ = false;
}

void Binder::CheckTenant(const ast::CreateTenant& tenant) {
  CheckColumns(CheckTable(tenant.table), tenant.key);
  names_only_ = true;
  StartQuery(tenant.name.span);
  Scratch([&] {
    Scope scope;
    if (const auto* query = std::get_if<ast::InQuery>(&tenant.visible_to)) {
      BindSubquery(query->query, std::nullopt, scope);
    } else if (const auto* in = std::get_if<ast::InValue>(&tenant.visible_to)) {
      const auto* name = tree_.As<ast::ColumnExpr>(in->value);
      ast::QualifiedName relation;
      if (name) relation = {name->table, name->column, tree_[in->value].span};
      if (Definition* definition = name ? FindRelation(relation, nullptr) : nullptr)
        definition->used = true;
      else if (name)
        CheckTable(relation);
      else
        BindExpr(in->value, scope);
    }
  });
  names_only_ = false;
}

void Binder::CheckIsolate(const ast::Isolate& isolate) {
  for (const ast::QualifiedName& table : isolate.tables) CheckColumns(CheckTable(table), isolate.columns);
}

void Binder::CheckPolicy(const ast::CreatePolicy& policy) {
  // The catalog has diagnosed a table that is unknown.
  if (!catalog_.open && !catalog_.Find(policy.table.schema.text, policy.table.name.text).HasValue()) return;
  CheckCondition(policy.table, policy.using_condition);
  CheckCondition(policy.table, policy.check_condition);
}

void Binder::CheckAssume(const ast::Assume& assume) {
  const schema::Table* table = CheckTable(assume.table);
  std::visit(Match{
                 [&](const ast::ForeignKey& key) {
                   CheckColumns(table, key.columns);
                   CheckColumns(CheckTable(key.table), key.referenced);
                 },
                 [&](const ast::UniqueKey& key) { CheckColumns(table, key.columns); },
                 [&](const ast::Check& check) {
                   if (table) CheckCondition(assume.table, check.condition);
                 },
                 [&](const ast::AssumeNotNull& not_null) { CheckColumns(table, not_null.columns); },
             },
             assume.constraint);
}

void Binder::CheckPlanHint(const ast::PlanHint& hint) {
  Report<DiagKind::PlanHintUnsupported>(hint.stream.span);
  CheckStreamName(hint.stream);
}

void Binder::CheckStreamName(const ast::Name& name) {
  if (streams_.contains(name.text)) return;
  std::vector<std::string> known;
  for (const ir::Stream& stream : output_.module.streams) known.push_back(stream.name);
  Report<DiagKind::UnknownStream>(name.span, name.text).Help(DidYouMean(name.text, known));
}

void Binder::CheckTest(const ast::CreateTest& test) {
  for (const ast::TestStep& step : test.steps) CheckTestStep(step);
}

void Binder::CheckTestStep(const ast::TestStep& step) {
  std::visit(Match{
                 [&](const ast::InsertStep& insert) {
                   const schema::Table* table = CheckTable(insert.table);
                   CheckColumns(table, insert.columns);
                   const size_t width = !insert.columns.empty() ? insert.columns.size()
                                        : table                 ? table->columns.size()
                                                                : 0;
                   for (const auto& row : insert.rows) {
                     if (row.empty() || width == 0 || row.size() == width || (table && table->incomplete))
                       continue;
                     Report<DiagKind::ColumnCountMismatch>(
                         Cover(tree_[row.front()].span, tree_[row.back()].span), Counted(row.size(), "value"),
                         width);
                   }
                 },
                 [&](const ast::UpdateStep& update) {
                   std::vector<ast::Name> columns;
                   for (const ast::Assignment& assignment : update.assignments)
                     columns.push_back(assignment.column);
                   const schema::Table* table = CheckTable(update.table);
                   CheckColumns(table, columns);
                   if (table || catalog_.open) CheckCondition(update.table, update.where);
                 },
                 [&](const ast::DeleteStep& remove) {
                   if (CheckTable(remove.table) || catalog_.open) CheckCondition(remove.table, remove.where);
                 },
                 [&](const ast::ConnectStep& connect) {
                   for (const ast::Subscription& subscription : connect.subscriptions) {
                     CheckStreamName(subscription.stream);
                   }
                 },
                 [](const ast::ExpectNothingStep&) {},
                 [](const ast::ExpectStep&) {},
             },
             step.kind);
}

}  // namespace bulkhead::sema
