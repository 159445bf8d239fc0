// What editions 1 and 2 spell otherwise than native rules, rewritten in place.
#include <algorithm>

#include "compiler/powersync/reader.h"
#include "compiler/powersync/walk.h"
#include "compiler/source/scanner.h"

namespace bulkhead::powersync {
namespace {

struct RequestName {
  std::string_view name, schema, function;
};
constexpr RequestName RequestNames[] = {{"user_id", "auth", "user_id"},
                                        {"jwt", "auth", "parameters"},
                                        {"parameters", "connection", "parameters"},
                                        {"parameter", "connection", "parameter"}};

ast::CallExpr Call(std::string schema, std::string name, Span span) {
  ast::CallExpr call;
  call.function.schema = {std::move(schema), span, false};
  call.function.name = {std::move(name), span, false};
  call.function.span = span;
  return call;
}

// "$.a.b" and "a.b" are both the path a, b; none for what is no path.
std::vector<std::string> PathOf(std::string_view key) {
  std::vector<std::string> parts;
  if (key.starts_with("$.")) key.remove_prefix(2);
  while (true) {
    size_t dot = key.find('.');
    parts.emplace_back(key.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    key.remove_prefix(dot + 1);
  }
}

}  // namespace

void Reader::RewriteLegacy(const Sql& sql, bool data) {
  CheckFolding(sql.query);
  RewriteRequests(sql.query);
  RewriteSuffixes(sql.query);
  if (!config_.On(config_.fixed_json_extract)) RewriteJson(sql.query);
  ast::Select* select = SelectOf(tree_, sql.query);
  if (data && select) MarkStars(*select);
}

// Columns of the one table, so that those of `bucket` are never meant.
void Reader::QualifyColumns(ast::Select& select) {
  const ast::FromItem& item = tree_[FlatFrom(tree_, select)[0]];
  ast::Name qualifier = item.alias.HasValue() ? item.alias : std::get<ast::TableItem>(item.kind).table.name;
  for (ast::SelectItem& output : select.items) {
    auto* star = std::get_if<ast::StarItem>(&output.kind);
    if (star && !star->table.HasValue()) star->table = {{}, qualifier, output.span};
  }
  Visitor visitor;
  visitor.expr = [&](ExprId id) {
    auto* column = std::get_if<ast::ColumnExpr>(&tree_.exprs[id].kind);
    if (column && !column->table.HasValue()) column->table = qualifier;
  };
  for (const ast::SelectItem& output : select.items) {
    if (const auto* expr = std::get_if<ast::ExprItem>(&output.kind)) Walk(tree_, expr->expr, visitor);
  }
  Walk(tree_, select.where, visitor);
}

void Reader::RewriteRequests(QueryId query) {
  if (config_.edition >= 3) return;
  Visitor visitor;
  visitor.expr = [&](ExprId id) {
    ast::Expr& expr = tree_.exprs[id];
    if (auto* call = std::get_if<ast::CallExpr>(&expr.kind);
        call && call->function.schema.text == "request") {
      for (const RequestName& known : RequestNames) {
        if (call->function.name.text != known.name) continue;
        call->function.schema.text = known.schema;
        call->function.name.text = known.function;
        return;
      }
    }
    const auto* column = std::get_if<ast::ColumnExpr>(&expr.kind);
    if (!column || (column->table.text != "token_parameters" && column->table.text != "user_parameters"))
      return;
    const bool signed_value = column->table.text == "token_parameters";
    const std::string key = column->column.text;
    const Span span = expr.span;
    if (signed_value && key == "user_id") {
      expr.kind = Call("auth", "user_id", span);
      return;
    }
    ast::CallExpr call = Call(signed_value ? "auth" : "connection", "parameter", span);
    ExprId text = Add(span, ast::TextExpr{signed_value ? "parameters" : key});
    call.args.push_back(text);
    if (!signed_value) {
      tree_.exprs[id].kind = std::move(call);
      return;
    }
    ExprId document = Add(span, std::move(call));
    ExprId member = Add(span, ast::TextExpr{key});
    tree_.exprs[id].kind = ast::BinaryExpr{ast::BinaryOp::JsonGetText, document, member, span, {}};
  };
  Walk(tree_, query, visitor);
}

// _table_suffix of a pattern.
void Reader::RewriteSuffixes(QueryId query) {
  ast::Select* select = SelectOf(tree_, query);
  if (!select || select->from.size() != 1) return;
  const ast::FromItem& item = tree_[select->from[0]];
  const auto* table = std::get_if<ast::TableItem>(&item.kind);
  if (!table || !table->table.name.text.ends_with('%')) return;
  std::string alias = item.alias.HasValue() ? item.alias.text : table->table.name.text;
  Visitor visitor;
  visitor.subqueries = false;
  visitor.expr = [&](ExprId id) {
    ast::Expr& expr = tree_.exprs[id];
    const auto* column = std::get_if<ast::ColumnExpr>(&expr.kind);
    if (column && column->column.text == "_table_suffix") expr.kind = Call(alias, "table_suffix", expr.span);
  };
  Walk(tree_, query, visitor);
}

void Reader::MarkStars(ast::Select& select) {
  for (ast::SelectItem& item : select.items) {
    if (auto* star = std::get_if<ast::StarItem>(&item.kind)) star->legacy = true;
  }
}

// -> and ->> as edition 1 has them: every key is a path, `->` gives NULL for JSON's null, `->>` the text
// 'null'.
void Reader::RewriteJson(QueryId query) {
  Visitor visitor;
  visitor.expr = [&](ExprId id) {
    const ast::Expr expr = tree_[id];
    const auto* json = std::get_if<ast::BinaryExpr>(&expr.kind);
    const bool text = json && json->op == ast::BinaryOp::JsonGetText;
    if (!json || (!text && json->op != ast::BinaryOp::JsonGet)) return;
    const auto* key = tree_.As<ast::TextExpr>(json->rhs);
    if (!key || key->value.find('[') != std::string::npos) return;
    std::vector<std::string> path = PathOf(key->value);
    ExprId document = json->lhs;
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      ExprId part = Add(expr.span, ast::TextExpr{path[i]});
      document = Add(expr.span, ast::BinaryExpr{ast::BinaryOp::JsonGet, document, part, json->op_span, {}});
    }
    const auto* request = tree_.As<ast::CallExpr>(document);
    const bool of_request =
        request && (request->function.schema.text == "auth" || request->function.schema.text == "connection");
    ExprId last =
        path.size() > 1 || key->value != path.back() ? Add(expr.span, ast::TextExpr{path.back()}) : json->rhs;
    ast::BinaryExpr member{json->op, document, last, json->op_span, {}};
    if (of_request) {
      tree_.exprs[id].kind = std::move(member);
      return;
    }
    ast::BinaryExpr element = member;
    element.op = ast::BinaryOp::JsonGet;
    ExprId found = Add(expr.span, std::move(element));
    ExprId null_text = Add(expr.span, ast::TextExpr{"null"});
    ExprId is_null = Add(expr.span, ast::BinaryExpr{ast::BinaryOp::Equal, found, null_text, expr.span, {}});
    ast::CaseExpr choice;
    choice.arms.push_back({is_null, text ? null_text : Add(expr.span, ast::NullExpr{})});
    choice.otherwise = Add(expr.span, std::move(member));
    tree_.exprs[id].kind = std::move(choice);
  };
  // Children first: what is made here is not looked at again.
  std::vector<ExprId> found;
  Visitor collect;
  collect.expr = [&](ExprId id) { found.push_back(id); };
  Walk(tree_, query, collect);
  for (auto id = found.rbegin(); id != found.rend(); ++id) visitor.expr(*id);
}

// Capital letters in names without quotes are lost.
void Reader::CheckFolding(QueryId query) {
  std::set<uint32_t> reported;
  auto check = [&](const ast::Name& name) {
    if (!name.HasValue() || name.quoted || !name.span.HasValue() || name.span.end <= name.span.begin) return;
    std::string_view written = sources_.Text(name.span);
    if (source::Lower(written) == written || source::Lower(written) != name.text) return;
    if (!reported.insert(name.span.begin).second) return;
    Report<DiagKind::FoldedName>(name.span, written, name.text).Help(fmt::format("write \"{}\"", written));
  };
  Visitor visitor;
  visitor.expr = [&](ExprId id) {
    if (const auto* column = tree_.As<ast::ColumnExpr>(id)) check(column->table), check(column->column);
  };
  visitor.select = [&](ast::Select& select) {
    for (const ast::SelectItem& item : select.items) {
      if (const auto* expr = std::get_if<ast::ExprItem>(&item.kind)) check(expr->alias);
    }
  };
  visitor.from = [&](ast::FromItem& item) {
    check(item.alias);
    if (const auto* table = std::get_if<ast::TableItem>(&item.kind))
      check(table->table.schema), check(table->table.name);
  };
  Walk(tree_, query, visitor);
}

}  // namespace bulkhead::powersync
