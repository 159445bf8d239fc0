// streams and with: each stream becomes CREATE STREAM, each query of the global `with` CREATE VIEW.
#include <algorithm>

#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"
#include "compiler/source/scanner.h"

namespace bulkhead::powersync {

void Reader::AddStatement(Span span, ast::Statement::Kind kind) {
  ast::Statement statement;
  statement.span = span;
  statement.kind = std::move(kind);
  out_.statements.push_back(std::move(statement));
}

// ---- WITH
// ----------------------------------------------------------------------------------------------------------

void Reader::ReadGlobalWith(NodeId key, NodeId node) {
  if (config_.edition < 3) {
    Report<DiagKind::NeedsEdition>(EntrySpan(key, node), "`with`", 3);
    return;
  }
  std::vector<ast::Cte> ctes = ReadWith(node);
  NoteGuarded(ctes);
  for (ast::Cte& cte : ctes) {
    ast::CreateView view;
    view.name.name = cte.name;
    view.name.span = cte.name.span;
    view.query = cte.query;
    globals_.try_emplace(source::Lower(cte.name.text), cte.name);
    views_.try_emplace(cte.name.text, cte.query);
    AddStatement(cte.span, std::move(view));
  }
}

Reader::CteNames Reader::NamesIn(NodeId id) const {
  CteNames names;
  for (const Node::Entry& entry : At(id).entries)
    names.try_emplace(source::Lower(At(entry.key).text), NameOf(entry.key));
  return names;
}

std::vector<ast::Cte> Reader::ReadWith(NodeId id) {
  std::vector<ast::Cte> ctes;
  if (At(id).kind != Node::Kind::Map) {
    WrongValue(id, "`with`", "a map from names to queries");
    return ctes;
  }
  const CteNames names = NamesIn(id);
  for (const Node::Entry& entry : At(id).entries) {
    if (!IsName(entry.key)) continue;
    auto sql = ReadSql(entry.value);
    ast::Cte cte;
    cte.name = NameOf(entry.key);
    cte.span = EntrySpan(entry.key, entry.value);
    if (sql) {
      cte.query = sql->query;
      NameCtes(sql->query, names, &cte.name);
      NoteDifferences(sql->query, false);
    }
    ctes.push_back(std::move(cte));
  }
  return ctes;
}

// Names of WITH queries, local ones first, in any case mean the one; inside another WITH query they are
// errors, but for its own, which is a table's.
void Reader::NameCtes(QueryId query, const CteNames& names, const ast::Name* inside) {
  auto resolve = [&](ast::Name& name) {
    const std::string lower = source::Lower(name.text);
    auto local = names.find(lower);
    const auto global = std::as_const(globals_).find(lower);
    if (local == names.end() && global == globals_.cend()) return;
    const ast::Name& known = local != names.end() ? local->second : global->second;
    if (inside && inside->text == known.text) return;
    name.text = known.text;
    if (!inside) return;
    Report<DiagKind::CteInCte>(name.span, name.text)
        .Label(known.span, "defined here")
        .Note("PowerSync reads the name as a column here, which finds nothing")
        .Help("write its query in place of the name");
  };
  Visitor visitor;
  visitor.from = [&](ast::FromItem& item) {
    auto* table = std::get_if<ast::TableItem>(&item.kind);
    if (table && !table->table.schema.HasValue()) resolve(table->table.name);
  };
  visitor.expr = [&](ExprId id) {
    auto* in = std::get_if<ast::InExpr>(&tree_.exprs[id].kind);
    auto* value = in ? std::get_if<ast::InValue>(&in->target) : nullptr;
    auto* column = value ? std::get_if<ast::ColumnExpr>(&tree_.exprs[value->value].kind) : nullptr;
    if (column && !column->table.HasValue()) resolve(column->column);
  };
  Walk(tree_, query, visitor);
}

// ---- Streams
// -------------------------------------------------------------------------------------------------------

void Reader::ReadStreams(NodeId id) {
  if (At(id).kind != Node::Kind::Map) return WrongValue(id, "`streams`", "a map from names to streams");
  for (const Node::Entry& entry : At(id).entries) ReadStream(id, entry.key, entry.value);
}

void Reader::CheckStreamKeys(const StreamKeys& keys, Span span) {
  if (config_.edition < 3 && keys.with.HasValue())
    Report<DiagKind::NeedsEdition>(EntrySpan(keys.with_key, keys.with), "`with`", 3);
  if (config_.edition < 3 && keys.queries.HasValue())
    Report<DiagKind::NeedsEdition>(EntrySpan(keys.queries_key, keys.queries), "`queries`", 3);
  else if (keys.query.HasValue() && keys.queries.HasValue())
    Report<DiagKind::QueryAndQueries>(EntrySpan(keys.queries_key, keys.queries))
        .Label(At(keys.query_key).span, "and");
  if (!keys.query.HasValue() && !keys.queries.HasValue())
    Report<DiagKind::MissingKey>(span, "a stream", "`query`");
}

std::vector<Sql> Reader::StreamQueries(const StreamKeys& keys) {
  std::vector<NodeId> nodes;
  if (keys.query.HasValue()) nodes.push_back(keys.query);
  if (keys.queries.HasValue()) {
    std::vector<NodeId> listed = List(keys.queries, "`queries`", false);
    if (listed.empty() && At(keys.queries).kind == Node::Kind::List)
      WrongValue(keys.queries, "`queries`", "a list with a query");
    nodes.insert(nodes.end(), listed.begin(), listed.end());
  }
  std::vector<Sql> queries;
  for (NodeId node : nodes) {
    if (auto sql = ReadSql(node)) queries.push_back(*sql);
  }
  return queries;
}

// False when the name is taken. Twice in one map is a mistake of the YAML, which is diagnosed.
bool Reader::TakeName(NodeId map, NodeId key) {
  if (!IsName(key)) return false;
  auto [first, inserted] = names_.try_emplace(At(key).text, map);
  if (!inserted && !(first->second == map)) Report<DiagKind::KeyTwice>(At(key).span, At(key).text);
  return inserted;
}

void Reader::ReadStream(NodeId map, NodeId key, NodeId id) {
  StreamKeys keys;
  if (!Fields(id, "a stream",
              {{"query", &keys.query, &keys.query_key},
               {"queries", &keys.queries, &keys.queries_key},
               {"with", &keys.with, &keys.with_key},
               {"auto_subscribe", &keys.auto_subscribe},
               {"priority", &keys.priority},
               {"accept_potentially_dangerous_queries", &keys.dangerous}}))
    return;
  Span span = EntrySpan(key, id);
  if (!TakeName(map, key)) return;
  CheckStreamKeys(keys, span);
  ast::CreateStream stream;
  stream.name = NameOf(key);
  stream.auto_subscribe = FlagOr(keys.auto_subscribe, "`auto_subscribe`", false);
  stream.priority = PriorityOf(keys.priority);
  if (keys.with.HasValue() && config_.edition >= 3) stream.with = ReadWith(keys.with);
  std::vector<Sql> queries = StreamQueries(keys);
  CteNames names;
  for (const ast::Cte& cte : stream.with) names.try_emplace(source::Lower(cte.name.text), cte.name);
  for (const Sql& sql : queries) {
    NameCtes(sql.query, names, nullptr);
    FinishStreamQuery(sql, stream.with);
    stream.queries.push_back(sql.query);
  }
  bool accepted = FlagOr(keys.dangerous, "`accept_potentially_dangerous_queries`", false);
  if (!accepted) CheckDangers(queries, stream.with);
  stream.block = stream.queries.size() > 1 || !stream.with.empty();
  if (!stream.queries.empty()) AddStatement(span, std::move(stream));
}

void Reader::FinishStreamQuery(const Sql& sql, const std::vector<ast::Cte>& with) {
  NoteDifferences(sql.query, false);
  ast::Select* select = SelectOf(tree_, sql.query);
  if (select) {
    NameOutputs(sql, *select);
    if (!config_.legacy()) CheckStars(*select);
  }
  if (config_.legacy()) RewriteLegacy(sql, true);
  CheckSuffixes(sql.query);
  NameOutputTable(sql.query, with);
}

// In edition 3 a later `*` brings the column again.
void Reader::CheckStars(const ast::Select& select) {
  const ast::SelectItem* aliased = nullptr;
  for (const ast::SelectItem& item : select.items) {
    const auto* expr = std::get_if<ast::ExprItem>(&item.kind);
    if (expr && expr->alias.HasValue()) aliased = &item;
    if (!expr && aliased) {
      Report<DiagKind::StarAfterAlias>(item.span)
          .Label(aliased->span, "may be overwritten")
          .Help("write `*` first");
      return;
    }
  }
}

}  // namespace bulkhead::powersync
