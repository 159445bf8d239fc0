#include "compiler/ast/print.h"

#include <fmt/format.h>

#include "compiler/ast/printer.h"

namespace bulkhead::ast {

// ---- Tables --------------------------------------------------------------------------------------------------------

Sexpr Printer::Of(const ForeignKey& key) const {
  Sexpr out = Sexpr::List("references").Add(Of(key.table));
  AddList(out, "columns", key.referenced);
  if (!key.on_delete.empty()) out.Add(Sexpr::List("on-delete").Add(QuoteAtom(key.on_delete)));
  if (!key.on_update.empty()) out.Add(Sexpr::List("on-update").Add(QuoteAtom(key.on_update)));
  return out;
}

Sexpr Printer::Of(const ColumnDef& column) const {
  Sexpr out = Sexpr::List("column").Add(Of(column.name));
  if (column.type.HasValue()) out.Add(Of(column.type));
  out.AddIf(column.not_null, "not-null").AddIf(column.primary_key, "primary-key");
  out.AddIf(column.autoincrement, "autoincrement").AddIf(column.unique, "unique");
  AddExpr(out, "default", column.default_value);
  for (ExprId check : column.checks) AddExpr(out, "check", check);
  if (column.references) out.Add(Of(*column.references));
  AddExpr(out, column.generated_stored ? "generated-stored" : "generated", column.generated);
  if (column.collation.HasValue()) out.Add(Sexpr::List("collate").Add(Of(column.collation)));
  return out;
}

Sexpr Printer::Of(const TableConstraint& constraint) const {
  Sexpr out = std::visit(Match{
      [&](const PrimaryKey& key) { return Listed("primary-key", key.columns); },
      [&](const UniqueKey& key) { return Listed(key.nulls_not_distinct ? "unique-nulls" : "unique", key.columns); },
      [&](const Check& check) { return Sexpr::List("check").Add(Of(check.condition)); },
      [&](const ForeignKey& key) { return Listed("foreign-key", key.columns).Add(Of(key)); },
      [&](const OtherConstraint&) { return Sexpr::List("other-constraint"); },
  }, constraint.kind);
  if (constraint.name.HasValue()) out.Add(Sexpr::List("named").Add(Of(constraint.name)));
  return out.AddIf(constraint.not_valid, "not-valid");
}

Sexpr Printer::Kind(const CreateTable& table) const {
  Sexpr out = Sexpr::List("create-table").Add(Of(table.name));
  out.AddIf(table.temporary, "temporary").AddIf(table.if_not_exists, "if-not-exists");
  out.AddIf(table.without_rowid, "without-rowid").AddIf(table.strict, "strict").AddIf(table.virtual_table, "virtual");
  if (table.partition_of.HasValue()) out.Add(Sexpr::List("partition-of").Add(Of(table.partition_of)));
  AddList(out, "inherits", table.inherits);
  for (const ColumnDef& column : table.columns) out.Add(Of(column));
  for (const TableConstraint& constraint : table.constraints) out.Add(Of(constraint));
  return out;
}

Sexpr Printer::Of(const Alteration& action) const {
  static constexpr const char* Security[] = {"enable", "disable", "force", "no-force"};
  static constexpr const char* Replica[] = {"default", "full", "nothing", "index"};
  static constexpr const char* Column[] = {"set-not-null", "drop-not-null", "set-default",
                                           "drop-default", "set-type",      "other"};
  return std::visit(Match{
      [&](const AddConstraint& add) { return Sexpr::List("add").Add(Of(add.constraint)); },
      [&](const AddColumn& add) { return Sexpr::List("add").Add(Of(add.column)); },
      [&](const SetRowSecurity& set) { return Sexpr::List("row-security").Add(Security[size_t(set.mode)]); },
      [&](const SetReplicaIdentity& set) {
        Sexpr out = Sexpr::List("replica-identity").Add(Replica[size_t(set.kind)]);
        if (set.index.HasValue()) out.Add(Of(set.index));
        return out;
      },
      [&](const AlterColumn& alter) {
        Sexpr out = Sexpr::List("alter-column").Add(Of(alter.column)).Add(Column[size_t(alter.kind)]);
        if (alter.default_value.HasValue()) out.Add(Of(alter.default_value));
        if (alter.type.HasValue()) out.Add(Of(alter.type));
        return out;
      },
      [&](const AttachPartition& attach) { return Sexpr::List("attach-partition").Add(Of(attach.partition)); },
      [&](const OtherAlteration&) { return Sexpr::Atom("other"); },
  }, action);
}

Sexpr Printer::Kind(const CreateIndex& index) const {
  Sexpr out = Sexpr::List(index.unique ? "create-unique-index" : "create-index").Add(Of(index.name));
  out.Add(Sexpr::List("on").Add(Of(index.table))).Add(Listed("columns", index.columns));
  AddExpr(out, "where", index.where);
  return out;
}

Sexpr Printer::Kind(const CreateRawFunction& function) const {
  Sexpr out = Sexpr::List("create-raw-function").Add(Of(function.name));
  out.Add(Sexpr::List("parameters").Add(QuoteAtom(function.parameters)));
  out.Add(Sexpr::List("returns").Add(QuoteAtom(function.returns)));
  out.Add(Sexpr::List("language").Add(QuoteAtom(function.language)));
  out.AddIf(function.security_definer, "security-definer");
  return out.Add(Sexpr::List("body").Add(QuoteAtom(function.body)));
}

// ---- Rules ---------------------------------------------------------------------------------------------------------

Sexpr Printer::Of(const Parameter& parameter) const {
  Sexpr out = Sexpr::List("parameter").Add(Of(parameter.name));
  if (parameter.type.HasValue()) out.Add(Of(parameter.type));
  out.AddIf(parameter.not_null, "not-null");
  AddExpr(out, "default", parameter.default_value);
  return out;
}

Sexpr Printer::Of(const Hint& hint) const {
  Sexpr out = Sexpr::List("hint").Add(Of(hint.key));
  for (ExprId value : hint.values) out.Add(Of(value));
  return out;
}

Sexpr Printer::Kind(const CreateStream& stream) const {
  Sexpr out = Sexpr::List("create-stream").Add(Of(stream.name));
  out.AddIf(stream.auto_subscribe, "auto-subscribe");
  if (stream.priority) out.Add(Sexpr::List("priority").Add(fmt::format("{}", stream.priority->value)));
  for (const Parameter& parameter : stream.parameters) out.Add(Of(parameter));
  for (const Hint& hint : stream.hints) out.Add(Of(hint));
  out.AddIf(stream.block, "block");
  AddList(out, "with", stream.with);
  for (QueryId query : stream.queries) out.Add(Of(query));
  return out;
}

Sexpr Printer::Kind(const CreatePolicy& policy) const {
  static constexpr const char* Commands[] = {"all", "select", "insert", "update", "delete"};
  Sexpr out = Sexpr::List("create-policy").Add(Of(policy.name)).Add(Sexpr::List("on").Add(Of(policy.table)));
  out.Add(policy.permissive ? "permissive" : "restrictive").Add(Commands[size_t(policy.command)]);
  AddList(out, "to", policy.roles);
  AddExpr(out, "using", policy.using_condition);
  AddExpr(out, "check", policy.check_condition);
  return out;
}

Sexpr Printer::Kind(const CreateFunction& function) const {
  Sexpr out = Sexpr::List("create-function").Add(Of(function.name));
  for (const Parameter& parameter : function.parameters) out.Add(Of(parameter));
  if (function.returns.HasValue()) out.Add(Sexpr::List("returns").Add(Of(function.returns)));
  return out.Add(Of(function.body));
}

Sexpr Printer::Kind(const Assume& assume) const {
  Sexpr out = Sexpr::List("assume").Add(Of(assume.table));
  return out.Add(std::visit(Match{
      [&](const ForeignKey& key) { return Listed("foreign-key", key.columns).Add(Of(key)); },
      [&](const UniqueKey& key) { return Listed("unique", key.columns); },
      [&](const Check& check) { return Sexpr::List("check").Add(Of(check.condition)); },
      [&](const AssumeNotNull& columns) { return Listed("not-null", columns.columns); },
  }, assume.constraint));
}

Sexpr Printer::Of(const Argument& argument) const {
  return Sexpr::List("=>").Add(QuoteAtom(argument.name.text)).Add(Of(argument.value));
}

Sexpr Printer::Of(const TestStep& step) const {
  return std::visit(Match{
      [&](const InsertStep& insert) {
        Sexpr out = Sexpr::List("insert").Add(Of(insert.table));
        AddList(out, "columns", insert.columns);
        return out.Add(Rows("values", insert.rows));
      },
      [&](const UpdateStep& update) {
        Sexpr out = Sexpr::List("update").Add(Of(update.table));
        for (const Assignment& set : update.assignments)
          out.Add(Sexpr::List("set").Add(Of(set.column)).Add(Of(set.value)));
        AddExpr(out, "where", update.where);
        return out;
      },
      [&](const DeleteStep& remove) {
        Sexpr out = Sexpr::List("delete").Add(Of(remove.table));
        AddExpr(out, "where", remove.where);
        return out;
      },
      [&](const ConnectStep& connect) {
        Sexpr out = Sexpr::List("connect").Add(Of(connect.subject));
        for (const Argument& claim : connect.claims) out.Add(Of(claim));
        AddList(out, "connection", connect.connection_parameters);
        for (const Subscription& subscription : connect.subscriptions) {
          Sexpr item = Sexpr::List("subscribe").Add(Of(subscription.stream));
          for (const Argument& parameter : subscription.parameters) item.Add(Of(parameter));
          if (subscription.priority) item.Add(fmt::format("{}", subscription.priority->value));
          out.Add(std::move(item));
        }
        return out;
      },
      [&](const ExpectNothingStep&) { return Sexpr::List("expect-nothing"); },
      [&](const ExpectStep& expect) {
        Sexpr out = Sexpr::List("expect").Add(Of(expect.table)).Add(Listed("columns", expect.columns));
        return out.Add(Rows("values", expect.rows));
      },
  }, step.kind);
}

Sexpr Printer::Kind(const CreateTenant& tenant) const {
  Sexpr out = Sexpr::List("create-tenant").Add(Of(tenant.name)).Add(Sexpr::List("on").Add(Of(tenant.table)));
  AddList(out, "key", tenant.key);
  return out.Add(Sexpr::List("visible-to").Add(Of(tenant.visible_to)));
}

Sexpr Printer::Kind(const Confidential& confidential) const {
  Sexpr out = Sexpr::List("confidential");
  for (const ConfidentialTable& item : confidential.tables) {
    Sexpr table = Sexpr::List("table").Add(Of(item.table));
    AddList(table, "columns", item.columns);
    out.Add(std::move(table));
  }
  return out;
}

Sexpr Printer::Kind(const AlterEnum& alter) const {
  Sexpr out = Sexpr::List("alter-enum").Add(Of(alter.name)).Add(QuoteAtom(alter.label.value));
  if (alter.before) out.Add(Sexpr::List("before").Add(QuoteAtom(alter.before->value)));
  if (alter.after) out.Add(Sexpr::List("after").Add(QuoteAtom(alter.after->value)));
  return out;
}

Sexpr Printer::Of(const Statement& statement) const {
  static constexpr const char* BrokenKinds[] = {"table", "view", "function", "stream", "other"};
  return std::visit(Match{
      [&](const SchemaFrom& schema) { return Sexpr::List("schema-from").Add(QuoteAtom(schema.path.value)); },
      [&](const CreatePrincipal& principal) { return Listed("create-principal", principal.claims); },
      [&](const CreateTenant& tenant) { return Kind(tenant); },
      [&](const Isolate& isolate) {
        Sexpr out = Listed("isolate", isolate.tables);
        AddList(out, isolate.by == IsolateBy::Columns ? "by" : "through", isolate.columns);
        return out;
      },
      [&](const Share& share) { return Listed("share", share.tables); },
      [&](const Confidential& confidential) { return Kind(confidential); },
      [&](const CreatePolicy& policy) { return Kind(policy); },
      [&](const CreateView& view) {
        Sexpr out = Sexpr::List("create-view").Add(Of(view.name));
        AddList(out, "columns", view.columns);
        return out.Add(Of(view.query));
      },
      [&](const CreateFunction& function) { return Kind(function); },
      [&](const CreateStream& stream) { return Kind(stream); },
      [&](const CreateTest& test) {
        Sexpr out = Sexpr::List("create-test").Add(QuoteAtom(test.name.value));
        for (const auto& step : test.steps) out.Add(Of(step));
        return out;
      },
      [&](const Use& use) {
        if (use.library.empty()) return Sexpr::List("use").Add(QuoteAtom(use.path.value));
        return Listed("use", use.library);
      },
      [&](const Assume& assume) { return Kind(assume); },
      [&](const PlanHint& hint) {
        Sexpr out = Sexpr::List("plan-hint").Add(Of(hint.stream));
        for (const Hint& item : hint.hints) out.Add(Of(item));
        return out;
      },
      [&](const CreateTable& table) { return Kind(table); },
      [&](const CreateEnum& type) {
        Sexpr out = Sexpr::List("create-enum").Add(Of(type.name));
        for (const TextLiteral& label : type.labels) out.Add(QuoteAtom(label.value));
        return out;
      },
      [&](const CreateDomain& domain) {
        Sexpr out = Sexpr::List("create-domain").Add(Of(domain.name)).Add(Of(domain.type));
        out.AddIf(domain.not_null, "not-null");
        for (ExprId check : domain.checks) AddExpr(out, "check", check);
        return out;
      },
      [&](const AlterTable& alter) {
        Sexpr out = Sexpr::List("alter-table").Add(Of(alter.table));
        out.AddIf(alter.only, "only");
        for (const Alteration& action : alter.actions) out.Add(Of(action));
        return out;
      },
      [&](const AlterEnum& alter) { return Kind(alter); },
      [&](const CreateIndex& index) { return Kind(index); },
      [&](const CreateRawFunction& function) { return Kind(function); },
      [&](const Broken& broken) {
        Sexpr out = Sexpr::List("broken").Add(BrokenKinds[size_t(broken.kind)]);
        if (broken.name.HasValue()) out.Add(Of(broken.name));
        return out;
      },
  }, statement.kind);
}

std::string Print(const Tree& tree, const Statement& statement) { return Layout(Printer(tree).Of(statement)); }

std::string Print(const Tree& tree, const File& file) {
  std::string out;
  for (const Statement& statement : file.statements) out += Print(tree, statement) + "\n";
  return out;
}

}  // namespace bulkhead::ast
