#include "compiler/source/scanner.h"
#include "compiler/syntax/builder.h"

namespace bulkhead::syntax {

using source::Lower;

using antlr4::Token;

namespace {

// Not so after NOT ENFORCED, the one option that is not made of keywords.
bool IsEnforced(BulkheadParser::ForeignKeyTargetContext* context) {
  for (auto* option : context->options)
    if (option->IDENTIFIER()) return false;
  return true;
}

}  // namespace

ast::CreateTable Builder::Table(P::TableContext* context) {
  ast::CreateTable table;
  table.name = Qualified(context->name);
  table.temporary = context->TEMP() || context->TEMPORARY();
  table.if_not_exists = context->ifNotExists() != nullptr;
  table.virtual_table = context->VIRTUAL() != nullptr;
  if (context->parent) table.partition_of = Qualified(context->parent);
  for (auto* element : context->elements) {
    if (element->columnDef()) table.columns.push_back(Column(element->columnDef()));
    for (auto* constraint : element->tableConstraint()) table.constraints.push_back(Constraint(constraint));
  }
  for (auto* suffix : context->tableSuffix()) {
    if (suffix->without && NameOf(suffix->without).text == "rowid") table.without_rowid = true;
    if (suffix->STRICT()) table.strict = true;
    for (auto* parent : suffix->parents) table.inherits.push_back(Qualified(parent));
  }
  return table;
}

ast::ColumnDef Builder::Column(P::ColumnDefContext* context) {
  ast::ColumnDef column;
  column.span = SpanOf(context);
  column.name = NameOf(context->name);
  column.type = Type(context->columnType());
  for (auto* constraint : context->constraints) ColumnConstraint(column, constraint);
  return column;
}

void Builder::ColumnConstraint(ast::ColumnDef& column, P::ColumnConstraintContext* context) {
  if (As<P::NotNullConstraintContext>(context)) {
    column.not_null = true;
  } else if (auto* primary = As<P::PrimaryKeyConstraintContext>(context)) {
    column.primary_key = true;
    column.autoincrement |= primary->AUTOINCREMENT() != nullptr;
  } else if (As<P::UniqueConstraintContext>(context)) {
    column.unique = true;
  } else if (auto* check = As<P::CheckConstraintContext>(context)) {
    column.checks.push_back(Expr(check->expr()));
  } else if (auto* value = As<P::DefaultConstraintContext>(context)) {
    size_t next = 0;
    column.default_value = DefaultOperand(value->defaultOperand(), next, 0);
  } else if (auto* collate = As<P::CollateConstraintContext>(context)) {
    column.collation = Qualified(collate->qualifiedName()).name;
  } else if (auto* references = As<P::ReferencesConstraintContext>(context)) {
    if (IsEnforced(references->foreignKeyTarget())) column.references = References(references->foreignKeyTarget());
  } else if (As<P::IdentityConstraintContext>(context)) {
    column.autoincrement = true;
  } else if (auto* generated = As<P::GeneratedConstraintContext>(context)) {
    column.generated = Expr(generated->expr());
    column.generated_stored = generated->STORED() != nullptr;
  } else if (auto* named = As<P::NamedConstraintContext>(context)) {
    NameOf(named->word());  // of no interest, but a name
  }
}

ast::ForeignKey Builder::References(P::ForeignKeyTargetContext* context) {
  ast::ForeignKey key;
  key.table = Qualified(context->qualifiedName());
  key.referenced = Columns(context->columnList());
  for (auto* option : context->options) {
    auto* action = option->referentialAction();
    if (action == nullptr) continue;
    std::string text = Lower(TextOf(action->start));
    if (action->start != action->stop) text += " " + Lower(TextOf(action->second));
    (option->event->getType() == P::DELETE ? key.on_delete : key.on_update) = std::move(text);
  }
  return key;
}

ast::TableConstraint Builder::Constraint(P::TableConstraintContext* context) {
  ast::TableConstraint constraint;
  constraint.span = SpanOf(context);
  if (context->name) constraint.name = NameOf(context->name);
  auto* body = context->constraintBody();
  auto columns = [&](P::IndexedColumnsContext* list) {
    std::vector<ast::Name> names;
    for (auto* column : list->columns) names.push_back(NameOf(column->name));
    return names;
  };
  if (auto* primary = As<P::PrimaryKeyBodyContext>(body)) {
    constraint.kind = ast::PrimaryKey{columns(primary->indexedColumns())};
  } else if (auto* unique = As<P::UniqueBodyContext>(body)) {
    bool not_distinct = unique->nullsDistinct() && unique->nullsDistinct()->NOT();
    constraint.kind = ast::UniqueKey{columns(unique->indexedColumns()), not_distinct};
  } else if (auto* check = As<P::CheckBodyContext>(body)) {
    constraint.kind = ast::Check{Expr(check->expr())};
  } else if (auto* foreign = As<P::ForeignKeyBodyContext>(body)) {
    ast::ForeignKey key = References(foreign->foreignKeyTarget());
    key.columns = Columns(foreign->columnList());
    constraint.kind = std::move(key);
    constraint.not_valid = !IsEnforced(foreign->foreignKeyTarget());
  } else {
    constraint.kind = ast::OtherConstraint{};
  }
  for (auto* option : context->options) constraint.not_valid |= option->VALID() || option->IDENTIFIER();
  return constraint;
}

ast::CreateEnum Builder::Enum(P::EnumTypeContext* context) {
  ast::CreateEnum type;
  type.name = Qualified(context->qualifiedName());
  for (const Token* label : context->labels) type.labels.push_back(TextLiteralOf(label));
  return type;
}

ast::CreateDomain Builder::Domain(P::DomainContext* context) {
  ast::ColumnDef column;
  for (auto* constraint : context->constraints) ColumnConstraint(column, constraint);
  return {Qualified(context->qualifiedName()), Type(context->columnType()), column.not_null, std::move(column.checks)};
}

ast::CreateIndex Builder::Index(P::IndexContext* context) {
  ast::CreateIndex index;
  if (context->name) index.name = Qualified(context->name).name;
  index.table = Qualified(context->tableName);
  index.unique = context->UNIQUE() != nullptr;
  for (auto* column : context->columns) index.columns.push_back(Expr(column->expr()));
  index.where = OptionalExpr(context->where);
  return index;
}

ast::AlterTable Builder::AlterTable(P::AlterTableContext* context) {
  ast::AlterTable alter;
  alter.table = Qualified(context->qualifiedName());
  alter.only = context->ONLY() != nullptr;
  for (auto* action : context->actions) alter.actions.push_back(Alteration(action));
  return alter;
}

ast::Alteration Builder::Alteration(P::AlterationContext* context) {
  if (auto* constraint = As<P::AddConstraintContext>(context))
    return ast::AddConstraint{Constraint(constraint->tableConstraint())};
  if (auto* column = As<P::AddColumnContext>(context)) return ast::AddColumn{Column(column->columnDef())};
  if (auto* security = As<P::RowSecurityContext>(context)) {
    if (security->NO()) return ast::SetRowSecurity{ast::RowSecurity::NoForce};
    if (security->FORCE()) return ast::SetRowSecurity{ast::RowSecurity::Force};
    return ast::SetRowSecurity{security->ENABLE() ? ast::RowSecurity::Enable : ast::RowSecurity::Disable};
  }
  if (auto* replica = As<P::ReplicaIdentityContext>(context)) {
    if (replica->word()) return ast::SetReplicaIdentity{ast::ReplicaIdentityKind::Index, NameOf(replica->word())};
    if (replica->FULL()) return ast::SetReplicaIdentity{ast::ReplicaIdentityKind::Full, {}};
    if (replica->NOTHING()) return ast::SetReplicaIdentity{ast::ReplicaIdentityKind::Nothing, {}};
    return ast::SetReplicaIdentity{ast::ReplicaIdentityKind::Default, {}};
  }
  if (auto* column = As<P::AlterColumnActionContext>(context)) return AlterColumn(column);
  if (auto* attach = As<P::AttachPartitionContext>(context))
    return ast::AttachPartition{Qualified(attach->qualifiedName())};
  return ast::OtherAlteration{};
}

ast::AlterColumn Builder::AlterColumn(P::AlterColumnActionContext* context) {
  ast::AlterColumn alter;
  alter.column = NameOf(context->word());
  auto* change = context->alterColumn();
  if (As<P::SetNotNullContext>(change)) {
    alter.kind = ast::AlterColumnKind::SetNotNull;
  } else if (As<P::DropNotNullContext>(change)) {
    alter.kind = ast::AlterColumnKind::DropNotNull;
  } else if (auto* value = As<P::SetDefaultContext>(change)) {
    alter.kind = ast::AlterColumnKind::SetDefault;
    alter.default_value = Expr(value->expr());
  } else if (As<P::DropDefaultContext>(change)) {
    alter.kind = ast::AlterColumnKind::DropDefault;
  } else if (auto* type = As<P::SetTypeContext>(change)) {
    alter.kind = ast::AlterColumnKind::SetType;
    alter.type = Type(type->columnType());
  }
  return alter;
}

ast::AlterEnum Builder::AlterEnum(P::AlterEnumContext* context) {
  ast::AlterEnum alter{Qualified(context->qualifiedName()), TextLiteralOf(context->value), {}, {}};
  if (context->other) (context->BEFORE() ? alter.before : alter.after) = TextLiteralOf(context->other);
  return alter;
}

}  // namespace bulkhead::syntax
