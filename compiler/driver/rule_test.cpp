#include "compiler/driver/rule_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/ast/sql.h"
#include "compiler/driver/test_database.h"
#include "runtime/value/json.h"
#include "runtime/vm/expr.h"

namespace bulkhead::driver {
namespace {

// The columns that a test's statements name, by table: what an undeclared table has.
using UsedColumns = std::map<std::string, std::set<std::string>>;

void NoteColumns(const ast::TestStep& step, UsedColumns& used) {
  if (const auto* insert = std::get_if<ast::InsertStep>(&step.kind))
    for (const ast::Name& column : insert->columns) used[insert->table.Text()].insert(column.text);
  if (const auto* update = std::get_if<ast::UpdateStep>(&step.kind))
    for (const ast::Assignment& assignment : update->assignments)
      used[update->table.Text()].insert(assignment.column.text);
}

std::vector<std::string> OpenColumns(const plan::Table& table, const UsedColumns& used) {
  std::vector<std::string> columns = table.key;
  auto at = used.find(table.QualifiedName());
  if (at == used.end()) return columns;
  for (const std::string& column : at->second)
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
  return columns;
}

std::vector<TestTable> TablesFor(const Compilation& c, const ast::CreateTest& test) {
  UsedColumns used;
  for (const ast::TestStep& step : test.steps) NoteColumns(step, used);
  std::vector<TestTable> tables;
  for (const plan::Table& table : c.plan->tables)
    tables.push_back(
        {table.schema, table.name, table.open ? OpenColumns(table, used) : table.columns, table.key});
  for (const schema::Table& declared :
       c.catalog.tables) {  // tables the streams do not read may still be filled
    bool known = std::any_of(tables.begin(), tables.end(), [&](const TestTable& t) {
      return t.QualifiedName() == declared.QualifiedName();
    });
    if (known || declared.columns.empty()) continue;
    TestTable table{declared.schema, declared.name, {}, {}};
    for (const schema::Column& column : declared.columns) table.columns.push_back(column.name);
    tables.push_back(std::move(table));
  }
  return tables;
}

std::string RowText(const std::vector<std::string>& columns, const value::OwnedRow& row) {
  std::string text;
  for (size_t i = 0; i < columns.size(); ++i)
    text += fmt::format("{}{} = {}", i ? ", " : "", columns[i], vm::PrintLiteral(row[i].view()));
  return text;
}

std::string RowText(const client::DumpedRow& row) {
  std::vector<std::string> columns;
  value::OwnedRow values;
  for (const auto& [name, value] : row.columns) {
    columns.push_back(name);
    values.push_back(value);
  }
  return RowText(columns, values);
}

class Runner {
 public:
  Runner(const Compilation& compilation, const ast::CreateTest& test, RuleTestResult& result)
      : c_(compilation), test_(test), result_(result) {}

  void Run() {
    engine::Options options;
    options.on_problem = [this](const engine::RowProblem& problem) {
      problem_ = fmt::format("row {} of `{}`: {}", problem.key, problem.table, problem.reason);
    };
    auto host = Host::Start(*c_.plan, std::move(options));
    auto database = TestDatabase::Open(TablesFor(c_, test_));
    if (!host || !database) return Fail(result_.span, host ? database.error().message : host.error().message);
    host_ = *std::move(host);
    database_.emplace(*std::move(database));
    for (const ast::TestStep& step : test_.steps) {
      Step(step);
      if (!result_.failures.empty()) return;
    }
  }

 private:
  void Fail(source::Span span, std::string message) {
    result_.failures.push_back({span, std::move(message), {}, {}});
  }

  void Step(const ast::TestStep& step) {
    std::visit(Match{
                   [&](const ast::InsertStep&) { Change(step.span); },
                   [&](const ast::UpdateStep&) { Change(step.span); },
                   [&](const ast::DeleteStep&) { Change(step.span); },
                   [&](const ast::ConnectStep& s) { Connect(step.span, s); },
                   [&](const ast::ExpectNothingStep&) { ExpectNothing(step.span); },
                   [&](const ast::ExpectStep& s) { Expect(step.span, s); },
               },
               step.kind);
  }

  // The statement is SQLite's own SQL, as written.
  void Change(source::Span span) {
    auto changes = database_->Execute(std::string(c_.sources.Text(span)));
    if (!changes) return Fail(span, changes.error().message);
    Status applied = host_->Apply(*changes);
    if (!applied) Fail(span, applied.error().message);
  }

  std::string SqlOf(ast::ExprId id) const { return ast::Sql(c_.tree, id, {.dialect = ast::Dialect::Sqlite}); }

  // A claim or parameter as JSON text. ARRAY[…] is an array, not the text of one.
  Result<std::string> JsonOf(ast::ExprId id) {
    BULKHEAD_TRY(auto rows, database_->Query("SELECT " + SqlOf(id)));
    if (c_.tree.As<ast::ArrayExpr>(id)) return std::string(rows[0][0].view().bytes());
    if (const auto* boolean = c_.tree.As<ast::BooleanExpr>(id))
      return std::string(boolean->value ? "true" : "false");
    value::JsonWriter out;
    out.Add(rows[0][0].view());
    return out.str();
  }

  Result<std::string> ObjectOf(const std::vector<ast::Argument>& arguments, ast::ExprId subject = {}) {
    value::JsonWriter out;
    out.Raw("{");
    bool first = true;
    auto add = [&](std::string_view name, ast::ExprId value) -> Status {
      if (!std::exchange(first, false)) out.Raw(",");
      out.Text(name);
      BULKHEAD_TRY(std::string json, JsonOf(value));
      out.Raw(":" + json);
      return Ok();
    };
    if (subject.HasValue()) BULKHEAD_CHECK_OK(add("sub", subject));
    for (const ast::Argument& argument : arguments)
      BULKHEAD_CHECK_OK(add(argument.name.text, argument.value));
    out.Raw("}");
    return out.str();
  }

  Result<engine::Request> RequestOf(const ast::ConnectStep& step) {
    engine::Request request;
    BULKHEAD_TRY(request.auth, ObjectOf(step.claims, step.subject));
    BULKHEAD_TRY(std::string connection, ObjectOf(step.connection_parameters));
    request.connection = std::move(connection);
    for (const ast::Subscription& each : step.subscriptions) {
      BULKHEAD_TRY(std::string parameters, ObjectOf(each.parameters));
      engine::Subscription subscription{each.stream.text, std::move(parameters), std::nullopt};
      if (each.priority) subscription.priority = static_cast<uint8_t>(each.priority->value);
      request.subscriptions.push_back(std::move(subscription));
    }
    return request;
  }

  void Connect(source::Span span, const ast::ConnectStep& step) {
    auto request = RequestOf(step);
    if (!request) return Fail(span, request.error().message);
    client_ = fmt::format("client {}", ++clients_);
    host_->Connect(client_, *std::move(request));
  }

  std::optional<Synced> Sync(source::Span span) {
    if (client_.empty()) {
      Fail(span, "nobody is connected: put CONNECT AS ('somebody') before the first EXPECT");
      return std::nullopt;
    }
    auto synced = host_->Sync(client_);
    if (synced) return *std::move(synced);
    Fail(span, synced.error().message);
    return std::nullopt;
  }

  void Mismatch(source::Span span, std::string message, std::vector<std::string> expected,
                std::vector<std::string> got) {
    if (!problem_.empty()) message += "; " + problem_;
    result_.failures.push_back({span, std::move(message), std::move(expected), std::move(got)});
  }

  void ExpectNothing(source::Span span) {
    std::optional<Synced> synced = Sync(span);
    if (!synced) return;
    std::vector<std::string> got;
    for (const client::DumpedTable& table : synced->tables)
      for (const client::DumpedRow& row : table.rows) got.push_back(table.name + ": " + RowText(row));
    if (!got.empty()) Mismatch(span, "the client holds rows", {}, std::move(got));
  }

  Result<std::vector<std::string>> ExpectedRows(const std::vector<std::string>& columns,
                                                const ast::ExpectStep& step) {
    std::vector<std::string> texts;
    for (const auto& row : step.rows) {
      std::string sql = "SELECT ";
      for (size_t i = 0; i < row.size(); ++i) sql += (i ? ", " : "") + SqlOf(row[i]);
      BULKHEAD_TRY(auto values, database_->Query(sql));
      if (values[0].size() != columns.size())
        return Error{Code::InvalidData,
                     fmt::format("a row has {} values for {} columns", values[0].size(), columns.size())};
      texts.push_back(RowText(columns, values[0]));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  static std::vector<std::string> HeldRows(const std::vector<std::string>& columns, const Synced& synced,
                                           std::string_view table) {
    std::vector<std::string> texts;
    for (const client::DumpedTable& dumped : synced.tables) {
      if (dumped.name != table) continue;
      for (const client::DumpedRow& row : dumped.rows) {
        value::OwnedRow values(columns.size());
        for (size_t i = 0; i < columns.size(); ++i)
          for (const auto& [name, value] : row.columns)
            if (name == columns[i]) values[i] = value;
        texts.push_back(RowText(columns, values));
      }
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  void Expect(source::Span span, const ast::ExpectStep& step) {
    std::optional<Synced> synced = Sync(span);
    if (!synced) return;
    std::vector<std::string> columns;
    for (const ast::Name& column : step.columns) columns.push_back(column.text);
    auto expected = ExpectedRows(columns, step);
    if (!expected) return Fail(span, expected.error().message);
    std::vector<std::string> held = HeldRows(columns, *synced, step.table.text);
    if (*expected != held)
      Mismatch(span, fmt::format("`{}` holds other rows than expected", step.table.text),
               *std::move(expected), std::move(held));
  }

  const Compilation& c_;
  const ast::CreateTest& test_;
  RuleTestResult& result_;
  std::unique_ptr<Host> host_;
  std::optional<TestDatabase> database_;
  std::string client_, problem_;
  int clients_ = 0;
};

}  // namespace

std::vector<RuleTestResult> RunRuleTests(const Compilation& compilation) {
  std::vector<RuleTestResult> results;
  for (const ast::File& file : compilation.files) {
    for (const ast::Statement& statement : file.statements) {
      const auto* test = std::get_if<ast::CreateTest>(&statement.kind);
      if (!test) continue;
      results.push_back({test->name.value, test->name.span, {}});
      Runner(compilation, *test, results.back()).Run();
    }
  }
  return results;
}

}  // namespace bulkhead::driver
