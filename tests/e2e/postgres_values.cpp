// Asks a real PostgreSQL for values in both formats and compares them with the file of cases, with each
// other, and with what the mapper makes of them. Arguments: connection string, file of cases. Run by
// postgres_values_test.py.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>

#include "tests/unit/postgres_cases.h"

using namespace bulkhead;
using postgres_cases::Case;
using postgres_cases::Hex;
using postgres_cases::Map;

namespace {

// Types of every kind that only a database's catalogue describes. Enums and composites in each other, dropped
// fields.
constexpr const char* Setup = R"sql(
CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('sad', 'so so');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN small_positive AS positive;
CREATE DOMAIN names AS text[];
CREATE TYPE address AS (street text, gone int, number int, photo bytea, at timestamptz);
ALTER TYPE address DROP ATTRIBUTE gone;
CREATE TYPE person AS (name text, mood mood, home address, friends text[], facts jsonb, span int4range);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE TYPE empty_row AS ();
)sql";

struct Custom {
  const char* expression;
  const char* value;
  const char* legacy;
};
constexpr Custom CustomCases[] = {
    {"'so so'::mood", "'so so'", "'so so'"},
    {"'{sad,so so}'::mood[]", R"('["sad","so so"]')", R"('{sad,"so so"}')"},
    {"5::positive", "5", "'5'"},
    {"6::small_positive", "6", "'6'"},
    {"'{1,2}'::small_positive[]", "'[1,2]'", "'{1,2}'"},
    {"'{a,\"b c\"}'::names", R"('["a","b c"]')", R"('{a,"b c"}')"},
    {"row('High \"St\", 1', 7, '\\x00', '2024-01-01 00:00Z')::address",
     R"('{"street":"High \"St\", 1","number":7,"at":"2024-01-01T00:00:00.000000Z"}')",
     R"x('("High ""St"", 1",7,"\\x00","2024-01-01 00:00:00+00")')x"},
    {"row('', NULL, NULL, NULL)::address", R"('{"street":"","number":null,"at":null}')", R"('("",,,)')"},
    {"row('Ann', 'so so', row('s,t', 1, NULL, NULL), array['x\\y', NULL], '{\"a\": [1]}', '[1,3)')::person",
     R"('{"name":"Ann","mood":"so so","home":{"street":"s,t","number":1,"at":null},"friends":["x\\y",null],)"
     R"("facts":{"a": [1]},"span":{"lower":1,"upper":3,"lower_exclusive":0,"upper_exclusive":1}}')",
     nullptr},
    {"array[row('a', 1, NULL, NULL)::address, NULL]", R"('[{"street":"a","number":1,"at":null},null]')",
     R"x('{"(a,1,,)",NULL}')x"},
    {"'[0.5,1e23)'::floatrange", R"('{"lower":0.5,"upper":1e+23,"lower_exclusive":0,"upper_exclusive":1}')",
     "'[0.5,9.999999999999999e+22)'"},
    {"'{[1,2],(3,)}'::floatmultirange",
     R"('[{"lower":1.0,"upper":2.0,"lower_exclusive":0,"upper_exclusive":0},)"
     R"({"lower":3.0,"upper":null,"lower_exclusive":1,"upper_exclusive":1}]')",
     "'{[1,2],(3,)}'"},
    {"row()::empty_row", "'{}'", "'()'"},
    {"'a=>1, \"b \\\\ \\\"c\"=>NULL'::hstore", R"('"a"=>"1", "b \\ \"c"=>NULL')",
     R"('"a"=>"1", "b \\ \"c"=>NULL')"},
    {"'Ab'::citext", "'Ab'", "'Ab'"},
    {"array['Ab', 'c d']::citext[]", R"('["Ab","c d"]')", R"('{Ab,"c d"}')"},
    {"'a.b.c'::ltree", "'a.b.c'", "'a.b.c'"},
};

// Many values at once, whose texts nobody wrote down: both formats must agree and print alike.
constexpr const char* Many[] = {
    "SELECT point((random() - 0.5) * 10 ^ (i % 300 - 150), i::float8 / 7) FROM generate_series(1, 3000) i",
    "SELECT point(2.0::float8 ^ i, -(10.0::float8 ^ (i % 300))) FROM generate_series(-1000, 1000) i",
    "SELECT array[(random() * 10 ^ (i % 38 - 19))::float4, (2.0 ^ (i % 120))::float4] FROM "
    "generate_series(1, 3000) i",
    "SELECT (random()::numeric - 0.5) * (10::numeric ^ (i % 60)) / (10::numeric ^ (i % 17)) FROM "
    "generate_series(1, 2000) i",
    "SELECT '4713-01-01 BC'::timestamp + (i * 53 || ' days')::interval + (random() * 86400 || ' "
    "s')::interval "
    "FROM generate_series(1, 50000, 7) i",
    "SELECT '4713-01-01 BC'::date + i * 37 FROM generate_series(1, 80000, 11) i",
    "SELECT ((random() * 1e5)::int - 50000 || ' mons ' || (random() * 100)::int - 50 || ' days ' || random() "
    "* 1e6 - 5e5 || ' s')"
    "::interval FROM generate_series(1, 2000) i",
    "SELECT ('::'::inet + ((random() * 65536)::int8 << (i % 47)))::inet FROM generate_series(1, 500) i",
    "SELECT ((random() * 1e15)::int8::numeric / 100 - 1e12)::money FROM generate_series(1, 500) i",
    "SELECT array[chr(i), chr(i) || 'x', NULL] FROM generate_series(1, 300) i",
    "SELECT row(chr(i), i, NULL, NULL)::address FROM generate_series(1, 300) i",
};

class Test {
 public:
  explicit Test(const char* conninfo) : connection_(PQconnectdb(conninfo)) {}
  ~Test() { PQfinish(connection_); }

  bool Prepare() {
    if (PQstatus(connection_) != CONNECTION_OK) return Fail(PQerrorMessage(connection_));
    for (const postgres::Setting& setting : postgres::SessionSettings) {
      if (!Query(fmt::format("SET {} = '{}'", setting.name, setting.value), 0)) return false;
    }
    // Without parameters, so that several statements are allowed.
    PGresult* done = PQexec(connection_, Setup);
    bool good = PQresultStatus(done) == PGRES_COMMAND_OK || Fail(PQerrorMessage(connection_));
    PQclear(done);
    if (!good) return false;
    auto types = Query(std::string(postgres::TypesQuery), 0);
    for (int row = 0; types && row < PQntuples(types.get()); ++row) {
      std::vector<std::string_view> columns;
      for (int i = 0; i < PQnfields(types.get()); ++i) columns.push_back(Cell(types, row, i));
      if (Status added = catalog_.AddRow(columns); !added) return Fail(added.error().message);
    }
    return types != nullptr;
  }

  void CheckCase(Case& c, bool update) {
    auto text = Query("SELECT " + c.expression, 0);
    if (!text) return;
    // The result's own description has domains as what they are over; replication does not.
    auto type = Query("SELECT pg_typeof(" + c.expression + ")::oid", 0);
    uint32_t oid = static_cast<uint32_t>(std::stoul(std::string(Cell(type, 0))));
    bool has_binary = HasBinary(oid);
    auto binary = has_binary ? Query("SELECT " + c.expression, 1) : nullptr;
    std::string bytes = binary ? std::string(Cell(binary, 0)) : "";
    Case sent{c.expression, oid, std::string(Cell(text, 0)), Hex(bytes), c.expected};
    if (update) c = sent;
    Equal(c.expression + ": oid", std::to_string(sent.oid), std::to_string(c.oid));
    Equal(c.expression + ": text", sent.text, c.text);
    Equal(c.expression + ": binary", sent.binary, c.binary);
    for (const auto& [options, value] : c.expected) {
      auto mapped = Map(catalog_, oid, options, sent.text, binary ? &bytes : nullptr);
      Equal(c.expression + " from text, " + options, mapped.from_text, value);
      Equal(c.expression + " from binary, " + options, mapped.from_binary, value);
    }
    if (has_binary) CheckPrinted(c.expression, oid, sent.text, bytes);
  }

  void CheckCustom(const Custom& custom) {
    Case c{custom.expression, 0, "", "", {{"value", custom.value}}};
    if (custom.legacy) c.expected.emplace_back("legacy", custom.legacy);
    CheckCase(c, true);
  }

  void CheckMany(const char* query) {
    // Both formats of one set of values: random() must run once.
    if (!Query(fmt::format("CREATE TEMPORARY TABLE many AS {}", query), 0)) return;
    auto text = Query("SELECT * FROM many", 0), binary = Query("SELECT * FROM many", 1);
    if (!text || !binary || PQntuples(text.get()) < 300) return void(Fail(std::string(query) + ": no rows"));
    uint32_t oid = PQftype(text.get(), 0);
    for (int row = 0; row < PQntuples(text.get()) && failures_ < 20; ++row) {
      std::string bytes(Cell(binary, row));
      CheckPrinted(query, oid, std::string(Cell(text, row)), bytes);
      auto mapped = Map(catalog_, oid, "value", Cell(text, row), &bytes);
      Equal(query, mapped.from_binary, mapped.from_text);
      if (mapped.from_text.starts_with("error")) Fail(mapped.from_text);
    }
    Query("DROP TABLE many", 0);
  }

  int Finish() const {
    fmt::print("{} checks, {} failures\n", checks_, failures_);
    return failures_ == 0 && checks_ > 0 ? 0 : 1;
  }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Rows = std::unique_ptr<PGresult, Clear>;

  Rows Query(const std::string& sql, int format) {
    Rows rows(PQexecParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, format));
    ExecStatusType status = PQresultStatus(rows.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return rows;
    Fail(sql + ": " + PQerrorMessage(connection_));
    return nullptr;
  }
  static std::string_view Cell(const Rows& rows, int row, int column = 0) {
    return {PQgetvalue(rows.get(), row, column), static_cast<size_t>(PQgetlength(rows.get(), row, column))};
  }
  bool HasBinary(uint32_t oid) const {
    const postgres::Type& type = catalog_.Find(oid);
    return type.kind != postgres::Kind::Base || type.binary != postgres::BinaryRule::None;
  }
  void CheckPrinted(const std::string& what, uint32_t oid, const std::string& text,
                    const std::string& bytes) {
    std::string printed;
    Status status = postgres::PrintBinary(catalog_, catalog_.Find(oid), bytes, printed);
    Equal(what + ": printed", status ? printed : status.error().message, text);
  }
  void Equal(const std::string& what, const std::string& got, const std::string& wanted) {
    ++checks_;
    if (got != wanted) Fail(fmt::format("{}\n  got    {}\n  wanted {}", what, got, wanted));
  }
  bool Fail(const std::string& message) {
    ++failures_;
    fmt::print("{}\n", message);
    return false;
  }

  PGconn* connection_;
  postgres::Catalog catalog_;
  int checks_ = 0, failures_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  Test test(arguments[1]);
  if (!test.Prepare()) return 1;
  const char* wish = std::getenv("BULKHEAD_UPDATE");
  bool update = wish && *wish;
  postgres_cases::CaseFile file = postgres_cases::Read(arguments[2]);
  for (Case& c : file.cases) test.CheckCase(c, update);
  if (update) postgres_cases::Write(arguments[2], file);
  for (const Custom& custom : CustomCases) test.CheckCustom(custom);
  for (const char* query : Many) test.CheckMany(query);
  return test.Finish();
}
