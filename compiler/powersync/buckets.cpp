// bucket_definitions: the parameter queries become a WITH query named `bucket`, which every data query is
// joined with.
#include <algorithm>
#include <unordered_set>

#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"

namespace bulkhead::powersync {
namespace {

constexpr const char* BucketName = "bucket";

bool IsBucketColumn(const ast::ColumnExpr* column) {
  return column && column->table.text == BucketName;
}

std::string OutputName(const ast::Tree& tree, const ast::SelectItem& item) {
  const auto* expr = std::get_if<ast::ExprItem>(&item.kind);
  if (!expr) return "*";
  if (expr->alias.HasValue()) return expr->alias.text;
  const auto* column = tree.As<ast::ColumnExpr>(expr->expr);
  return column ? column->column.text : "";
}

std::string Listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "`" : ", `") + name + "`";
  return out.empty() ? "none" : out;
}

}  // namespace

void Reader::ReadDefinitions(NodeId id) {
  if (At(id).kind != Node::Kind::Map)
    return WrongValue(id, "`bucket_definitions`", "a map from names to definitions");
  for (const Node::Entry& entry : At(id).entries) ReadDefinition(id, entry.key, entry.value);
}

void Reader::ReadDefinition(NodeId map, NodeId key, NodeId id) {
  NodeId data, parameters, priority_node, dangerous;
  if (!Fields(id, "a bucket definition",
              {{"data", &data},
               {"parameters", &parameters},
               {"priority", &priority_node},
               {"accept_potentially_dangerous_queries", &dangerous}}))
    return;
  Span span = EntrySpan(key, id);
  if (!TakeName(map, key)) return;
  auto priority = PriorityOf(priority_node);
  const bool accepted = FlagOr(dangerous, "`accept_potentially_dangerous_queries`", false);
  std::vector<Parameters> queries;
  bool complete = true;
  if (parameters.HasValue()) {
    for (NodeId node : List(parameters, "`parameters`", true)) {
      auto query = ReadParameters(node, priority);
      complete &= query.has_value();
      if (query && !accepted) CheckClientValues(*query, At(node));
      if (query) queries.push_back(std::move(*query));
    }
  }
  if (!data.HasValue()) {
    Report<DiagKind::MissingKey>(At(key).span, "a bucket definition", "`data`");
    return;
  }
  if (!SameNames(queries) || !complete) return;
  std::vector<std::string> names = queries.empty() ? std::vector<std::string>{} : queries[0].names;
  std::vector<Sql> data_queries;
  for (NodeId node : List(data, "`data`", false)) {
    if (auto sql = ReadData(node, names, !queries.empty())) data_queries.push_back(*sql);
  }
  std::vector<int64_t> priorities;
  for (Parameters& each : queries) {
    OrderOutputs(each, names);
    if (std::find(priorities.begin(), priorities.end(), each.priority) == priorities.end())
      priorities.push_back(each.priority);
  }
  if (queries.empty()) priorities.push_back(priority ? priority->value : 3);
  for (int64_t value : priorities) {
    ast::CreateStream stream;
    stream.name = NameOf(key);
    // A stream has one priority: the others of a definition are streams beside it.
    if (value != priorities[0]) stream.name.text += fmt::format(" priority {}", value);
    stream.auto_subscribe = true;
    if (value != 3) stream.priority = ast::Priority{value, priority ? priority->span : At(key).span};
    if (!queries.empty()) stream.with.push_back(BucketOf(queries, value, span));
    for (const Sql& sql : data_queries)
      stream.queries.push_back(queries.empty() ? sql.query : JoinBucket(sql, sql.node->span));
    stream.block = stream.queries.size() > 1 || !stream.with.empty();
    if (!stream.queries.empty()) AddStatement(span, std::move(stream));
  }
}

// ---- Parameter queries
// -----------------------------------------------------------------------------------------------

std::optional<Reader::Parameters> Reader::ReadParameters(NodeId node, std::optional<ast::Priority> priority) {
  auto sql = ReadSql(node);
  if (!sql) return std::nullopt;
  ast::Select* select = SelectOf(tree_, sql->query);
  if (!select) {
    WrongValue(node, "a parameter query", "one SELECT");
    return std::nullopt;
  }
  Parameters parameters{*sql, {}, priority ? priority->value : 3};
  if (auto own = TakePriority(*select, priority.has_value())) parameters.priority = *own;
  NoteDifferences(sql->query, false);
  NameOutputs(*sql, *select);
  for (const ast::SelectItem& item : select->items) {
    std::string name = OutputName(tree_, item);
    if (name == "*") {
      Report<DiagKind::NotInEdition>(item.span, "`*` in a parameter query", config_.edition)
          .Help("name the columns");
      return std::nullopt;
    }
    if (name != "?") parameters.names.push_back(std::move(name));
  }
  RewriteLegacy(*sql, false);
  return parameters;
}

// `1 AS _priority` is no parameter.
std::optional<int64_t> Reader::TakePriority(ast::Select& select, bool also_elsewhere) {
  std::optional<int64_t> priority;
  for (size_t i = 0; i < select.items.size(); ++i) {
    const ast::SelectItem item = select.items[i];
    if (OutputName(tree_, item) != "_priority") continue;
    const auto* value = tree_.As<ast::IntegerExpr>(std::get<ast::ExprItem>(item.kind).expr);
    if (!value || value->value < 0 || value->value > 3)
      Report<DiagKind::WrongValue>(item.span, "`_priority`", "0, 1, 2 or 3");
    else
      priority = value->value;
    if (also_elsewhere) Report<DiagKind::PriorityTwice>(item.span);
    select.items.erase(select.items.begin() + static_cast<std::ptrdiff_t>(i--));
  }
  // A list of outputs is never empty.
  if (select.items.empty()) {
    ExprId one = Add(select.span, ast::IntegerExpr{1});
    select.items.push_back({select.span, ast::ExprItem{one, {"?", select.span, true}}});
  }
  return priority;
}

bool Reader::SameNames(const std::vector<Parameters>& parameters) {
  bool same = true;
  for (const Parameters& each : parameters) {
    std::set<std::string> first(parameters[0].names.begin(), parameters[0].names.end());
    if (std::set<std::string>(each.names.begin(), each.names.end()) == first) continue;
    Report<DiagKind::ParametersDiffer>(each.sql.node->span, Listed(each.names), Listed(parameters[0].names))
        .Label(parameters[0].sql.node->span, "the first");
    same = false;
  }
  return same;
}

// UNION goes by places, parameters by names.
void Reader::OrderOutputs(Parameters& parameters, const std::vector<std::string>& names) {
  ast::Select* select = SelectOf(tree_, parameters.sql.query);
  auto place = [&](const ast::SelectItem& item) {
    return std::find(names.begin(), names.end(), OutputName(tree_, item)) - names.begin();
  };
  std::stable_sort(select->items.begin(), select->items.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

ast::Cte Reader::BucketOf(const std::vector<Parameters>& parameters, int64_t priority, Span span) {
  ast::Query query;
  for (const Parameters& each : parameters) {
    if (each.priority != priority) continue;
    ast::QueryArm arm = tree_.queries[each.sql.query].arms[0];
    arm.op = query.arms.empty() ? ast::SetOp::None : ast::SetOp::UnionAll;
    if (query.arms.empty()) query.span = arm.span;
    query.arms.push_back(std::move(arm));
  }
  ast::Cte cte;
  cte.name = {BucketName, span, false};
  cte.query = tree_.queries.Add(std::move(query));
  cte.span = span;
  return cte;
}

// ---- Data queries
// ----------------------------------------------------------------------------------------------------

std::optional<Sql> Reader::ReadData(NodeId node, const std::vector<std::string>& names, bool has_parameters) {
  auto sql = ReadSql(node);
  ast::Select* select = sql ? SelectOf(tree_, sql->query) : nullptr;
  if (!sql) return std::nullopt;
  std::vector<ast::FromId> from = select ? FlatFrom(tree_, *select) : std::vector<ast::FromId>{};
  if (!select || from.size() != 1 || !std::holds_alternative<ast::TableItem>(tree_[from[0]].kind)) {
    WrongValue(node, "a data query", "one SELECT from one table");
    return std::nullopt;
  }
  if (!CheckBucketUse(*sql, names)) return std::nullopt;
  NoteDifferences(sql->query, true);
  NameOutputs(*sql, *select);
  if (has_parameters) QualifyColumns(*select);
  RewriteLegacy(*sql, true);
  NameOutputTable(sql->query, {});
  return sql;
}

// bucket.x stands bare beside `=` or left of IN, and every parameter stands somewhere.
bool Reader::CheckBucketUse(const Sql& sql, const std::vector<std::string>& names) {
  std::unordered_set<ExprId> allowed;
  std::set<std::string> used;
  bool sound = true;
  Visitor visitor;
  visitor.expr = [&](ExprId id) {
    const auto* equal = tree_.As<ast::BinaryExpr>(id);
    if (equal && equal->op == ast::BinaryOp::Equal) allowed.insert({equal->lhs, equal->rhs});
    const auto* in = tree_.As<ast::InExpr>(id);
    if (in && !in->negated && std::holds_alternative<ast::InValue>(in->target)) allowed.insert(in->value);
    const auto* column = tree_.As<ast::ColumnExpr>(id);
    if (!IsBucketColumn(column)) return;
    const Span span = tree_[id].span;
    used.insert(column->column.text);
    if (std::find(names.begin(), names.end(), column->column.text) == names.end()) {
      sound = false;
      auto& report = Report<DiagKind::UnknownBucketParameter>(span, column->column.text, Listed(names));
      std::vector<std::string_view> known(names.begin(), names.end());
      std::string_view near = source::Nearest(column->column.text, known);
      if (!near.empty()) report.Help(fmt::format("did you mean `bucket.{}`?", near));
    } else if (!allowed.contains(id)) {
      Report<DiagKind::BucketParameterMisused>(span, column->column.text)
          .Help("compare it with `=`, or write `bucket.x IN array_column`");
    }
  };
  Walk(tree_, sql.query, visitor);
  for (const std::string& name : names) {
    if (sound && !used.contains(name))
      Report<DiagKind::UnusedBucketParameter>(sql.node->span, name)
          .Help("add a condition on it, or move the query into a definition without it");
  }
  return sound;
}

QueryId Reader::JoinBucket(const Sql& data, Span span) {
  ast::Query query = tree_.queries[data.query];
  auto& select = std::get<ast::Select>(query.arms[0].body);
  ast::FromItem item;
  item.span = span;
  ast::TableItem table;
  table.table.name = {BucketName, span, false};
  table.table.span = span;
  item.kind = std::move(table);
  select.from.push_back(tree_.from_items.Add(std::move(item)));
  return tree_.queries.Add(std::move(query));
}

}  // namespace bulkhead::powersync
