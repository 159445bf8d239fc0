// Files of text, diagnostics, and how they are shown.
#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/source/render.h"
#include "compiler/source/scanner.h"
#include "compiler/source/width.h"
#include "runtime/base/limits.h"

namespace bulkhead::source {
namespace {

Span Find(const Sources& sources, FileId file, std::string_view what) {
  size_t at = sources[file].text.find(what);
  REQUIRE(at != std::string::npos);
  return {file, static_cast<uint32_t>(at), static_cast<uint32_t>(at + what.size())};
}

TEST_CASE("source: lines and columns count characters") {
  Sources sources;
  FileId file = sources.Add("a", "one\nz\u00fcri \u65e5\u672c x\r\n\nlast");
  Position x = sources.Start(Find(sources, file, "x"));
  CHECK(x.line == 2);
  CHECK(x.column == 9);
  CHECK(sources.Start(Find(sources, file, "last")).line == 4);
  CHECK(sources.End(Find(sources, file, "last")).column == 5);
  CHECK(sources[file].line_starts.size() == 4);
  CHECK(Cover({file, 3, 5}, {file, 1, 4}) == Span{file, 1, 5});
  CHECK(Cover({}, {file, 1, 4}) == Span{file, 1, 4});
}

TEST_CASE("source: text that is no UTF-8 is made so, and the places are kept") {
  Sources sources;
  FileId file = sources.Add("a", "\xEF\xBB\xBFok \xFF \xC3");
  CHECK(sources[file].text == "ok \uFFFD \uFFFD");
  CHECK(sources[file].replaced_bytes == std::vector<uint32_t>{3, 7});
  struct {
    std::string_view bytes;
    size_t length;
  } cases[] = {{"a", 1},        {"\xC3\xBC", 2},         {"\xE2\x82\xAC", 3},     {"\xF0\x9F\x98\x80", 4}, {"\x80", 0},
               {"\xC0\x80", 0}, {"\xE0\x80\x80", 0},     {"\xED\xA0\x80", 0},     {"\xF4\x90\x80\x80", 0}, {"\xF5", 0},
               {"\xE2\x82", 0}, {"\xF0\x80\x80\x80", 0}, {"\xF4\x8F\xBF\xBF", 4}, {"\xC3x", 0}};
  for (const auto& test_case : cases) {
    char32_t code_point = 0;
    CHECK(DecodeUtf8(test_case.bytes, 0, &code_point) == test_case.length);
  }
}

TEST_CASE("source: files are read whole, and missing ones are no crash") {
  Sources sources;
  auto missing = sources.Load("/nonexistent/rules.sync");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Code::NotFound);
  CHECK_FALSE(sources.Load("/tmp"));
  std::string path = std::tmpnam(nullptr);
  std::ofstream(path, std::ios::binary) << std::string(200'000, 'x') << "\n";
  auto file = sources.Load(path);
  REQUIRE(file);
  CHECK(sources[*file].text.size() == 200'001);
  std::remove(path.c_str());
}

TEST_CASE("source: the table of diagnostics is sorted, unique and explains itself") {
  std::set<std::string_view> codes, names;
  std::string_view before;
  for (const DiagInfo& info : AllDiagnostics()) {
    INFO(info.code);
    CHECK(codes.insert(info.code).second);
    CHECK(names.insert(info.name).second);
    CHECK(before < info.code);
    before = info.code;
    CHECK(info.code.size() == 6);
    CHECK(info.explanation.size() > 80);
    CHECK(info.message.back() != '.');
  }
  REQUIRE(FindDiagnostic("bh1001") != nullptr);
  CHECK(FindDiagnostic("bh1001")->name == "UnexpectedToken");
  CHECK(FindDiagnostic("BH0000") == nullptr);
}

TEST_CASE("source: the nearest name") {
  std::vector<std::string_view> names = {"email", "id", "workspace_id", "status"};
  CHECK(Nearest("emial", names) == "email");
  CHECK(Nearest("EMAIL", names) == "email");
  CHECK(Nearest("workspce_id", names) == "workspace_id");
  CHECK(Nearest("stats", names) == "status");
  CHECK(Nearest("x", names) == "");
  CHECK(Nearest("password", names) == "");
  CHECK(Nearest("", names) == "");
  CHECK(Nearest(std::string(10'000, 'a'), names) == "");
  CHECK(Nearest("a", {}) == "");
}

TEST_CASE("source: diagnostics are kept in bounds and shown in order") {
  Sources sources;
  FileId file = sources.Add("a", "0123456789");
  Diagnostics diagnostics;
  for (size_t i = 0; i < limits::DiagnosticsKeptMax + 5; ++i)
    diagnostics.Report<DiagKind::UnexpectedToken>({file, 5, 6}, "x", "y");
  CHECK(diagnostics.all().size() == limits::DiagnosticsKeptMax);
  CHECK(diagnostics.error_count() == limits::DiagnosticsKeptMax + 5);
  CHECK(diagnostics.dropped_count() == 5);
  std::string text = RenderHuman(diagnostics, sources);
  CHECK(text.ends_with(fmt::format("… and {} more errors\n", limits::DiagnosticsKeptMax + 5 - limits::ErrorsReportedMax)));
  CHECK(nlohmann::json::parse(RenderJson(diagnostics, sources))["diagnostics"].size() == limits::ErrorsReportedMax);

  Diagnostics two;
  two.Report<DiagKind::UnexpectedToken>({file, 7, 8}, "a", "b");
  two.Report<DiagKind::UnknownStatement>({file, 2, 3}, "c");
  CHECK(two.Sorted()[0]->code == "BH1002");
}

TEST_CASE("render: labels, notes and help") {
  Sources sources;
  FileId rules = sources.Add("todo.sync", "CREATE STREAM s AS\n  SELECT emial FROM users;\n");
  FileId schema = sources.Add("schema.sql", "CREATE TABLE users (id text);\n");
  Diagnostics diagnostics;
  diagnostics.Report<DiagKind::UnexpectedToken>(Find(sources, rules, "emial"), "a column", "`emial`")
      .Primary("no such column")
      .Label(Find(sources, rules, "users"), "in this table")
      .Label(Find(sources, schema, "users"), "declared here")
      .Note("`users` has columns: id")
      .Note("policy: workspace at rules.sync:8")
      .Note("counterexample (replayed)\n  INSERT 1;\n  INSERT 2;")
      .Help("did you mean `id`?");
  CHECK(RenderHuman(diagnostics, sources) ==
        "error[BH1001]: expected a column, found `emial`\n"
        " --> todo.sync:2:10\n"
        "  |\n"
        "2 |   SELECT emial FROM users;\n"
        "  |          ^^^^^ no such column\n"
        "  |                     ----- in this table\n"
        " ::: schema.sql:1:14\n"
        "  |\n"
        "1 | CREATE TABLE users (id text);\n"
        "  |              ----- declared here\n"
        "  |\n"
        "  = note: `users` has columns: id\n"
        "  = policy: workspace at rules.sync:8\n"
        "  = counterexample (replayed)\n"
        "        INSERT 1;\n"
        "        INSERT 2;\n"
        "  = help: did you mean `id`?\n\n");
}

// One diagnostic at `what`, without its first line.
std::string Shown(const std::string& text, const std::string& what) {
  Sources sources;
  FileId file = sources.Add("f", text);
  Diagnostics diagnostics;
  diagnostics.Report<DiagKind::UnknownStatement>(Find(sources, file, what), "it");
  std::string out = RenderHuman(diagnostics, sources);
  return out.substr(out.find('\n') + 1);
}

TEST_CASE("render: carets stand below what they mean") {
  CHECK(Shown("\ta\tbad", "bad") == " --> f:1:4\n  |\n1 |     a    bad\n  |          ^^^\n\n");
  CHECK(Shown("\u65e5\u672c bad", "bad") == " --> f:1:4\n  |\n1 | \u65e5\u672c bad\n  |      ^^^\n\n");
  CHECK(Shown("x \u65e5\u672c", "\u65e5\u672c") == " --> f:1:3\n  |\n1 | x \u65e5\u672c\n  |   ^^^^\n\n");
  CHECK(Shown("e\u0301e\u0301 bad", "bad") == " --> f:1:6\n  |\n1 | e\u0301e\u0301 bad\n  |    ^^^\n\n");
  CHECK(Shown("a \x01 bad\r\nnext", "bad") == " --> f:1:5\n  |\n1 | a \uFFFD bad\n  |     ^^^\n\n");
  CHECK(TextColumns("\U0001F600 a") == 4);
}

TEST_CASE("render: spans of several lines") {
  CHECK(Shown("a b\n  c\nd e", "b\n  c\nd") ==
        " --> f:1:3\n  |\n1 | a b\n  |   ^\n2 |   c\n  |   ^\n3 | d e\n  | ^\n\n");
  std::string many = "first";
  for (int i = 0; i < 10; ++i) many += "\n  line";
  CHECK(Shown("x " + many + " end", many) ==
        "  --> f:1:3\n   |\n 1 | x first\n   |   ^^^^^\n...\n11 |   line end\n   |   ^^^^\n\n");
}

TEST_CASE("render: a long line is cut around the mark, an empty span is one caret") {
  std::string shown = Shown(std::string(5000, 'a') + " bad " + std::string(5000, 'b'), "bad");
  CHECK(shown.size() < 600);
  CHECK(shown.find("…aaa") != std::string::npos);
  CHECK(shown.find("^^^\n") != std::string::npos);
  Sources sources;
  FileId file = sources.Add("f", "SHARE a");
  Diagnostics diagnostics;
  diagnostics.Report<DiagKind::MissingSemicolon>({file, 7, 7});
  CHECK(RenderHuman(diagnostics, sources).find("1 | SHARE a\n  |        ^\n") != std::string::npos);
  Diagnostics nowhere;
  nowhere.Report<DiagKind::MissingSemicolon>({}).Help("write it");
  CHECK(RenderHuman(nowhere, sources) ==
        "error[BH1017]: a semicolon is missing before the next statement\n  = help: write it\n\n");
}

TEST_CASE("render: colour only when asked for") {
  Sources sources;
  FileId file = sources.Add("f", "SHARE a");
  Diagnostics diagnostics;
  diagnostics.Report<DiagKind::MissingSemicolon>({file, 0, 5});
  CHECK(RenderHuman(diagnostics, sources).find('\x1b') == std::string::npos);
  CHECK(RenderHuman(diagnostics, sources, {.color = true}).find("\x1b[1;31merror") == 0);
}

TEST_CASE("render: JSON, SARIF and GitHub") {
  Sources sources;
  FileId file = sources.Add("a,b:c.sync", "x\ny \u00fc bad\n");
  Diagnostics diagnostics;
  Span bad = Find(sources, file, "bad");
  diagnostics.Report<DiagKind::UnknownStatement>(bad, "100%").Label({file, 0, 1}, "here").Note("a\nb").Help("do");
  auto json = nlohmann::json::parse(RenderJson(diagnostics, sources))["diagnostics"][0];
  CHECK(json["code"] == "BH1002");
  CHECK(json["severity"] == "error");
  CHECK(json["line"] == 2);
  CHECK(json["column"] == 5);
  CHECK(json["end_column"] == 8);
  CHECK(json["labels"][0]["message"] == "here");
  CHECK(json["notes"][0] == "a\nb");
  CHECK(json["help"] == "do");

  auto sarif = nlohmann::json::parse(RenderSarif(diagnostics, sources));
  CHECK(sarif["version"] == "2.1.0");
  auto run = sarif["runs"][0];
  CHECK(run["tool"]["driver"]["rules"][0]["id"] == "BH1002");
  CHECK(run["results"][0]["ruleIndex"] == 0);
  CHECK(run["results"][0]["locations"][0]["physicalLocation"]["region"]["startColumn"] == 5);
  CHECK(run["results"][0]["relatedLocations"][0]["message"]["text"] == "here");

  CHECK(RenderGithub(diagnostics, sources) ==
        "::error file=a%2Cb%3Ac.sync,line=2,endLine=2,col=5,endColumn=8,title=BH1002::100%25 does not begin a statement of rules"
        "%0Anote: a%0Ab%0Ahelp: do\n");
  Diagnostics none;
  CHECK(RenderHuman(none, sources) == "");
  CHECK(RenderGithub(none, sources) == "");
  CHECK(nlohmann::json::parse(RenderJson(none, sources))["diagnostics"].empty());
}

TEST_CASE("scanner: pieces of raw text") {
  auto kinds = [](std::string_view text) {
    std::string out;
    for (uint32_t at = 0;;) {
      ScannedPiece piece = ScanPiece(text, at);
      if (piece.kind == PieceKind::End) return out;
      out += fmt::format("{}{}:{} ", "EWTQDLBP"[static_cast<size_t>(piece.kind)], piece.unterminated ? "!" : "",
                         text.substr(piece.begin, piece.end - piece.begin));
      at = piece.end;
    }
  };
  CHECK(kinds("a 'b''c' \"d\"\"e\" `f`") == "W:a T:'b''c' Q:\"d\"\"e\" Q:`f` ");
  CHECK(kinds("E'a\\'b' e 'x' X'00'") == "T:E'a\\'b' W:e T:'x' T:X'00' ");
  CHECK(kinds("$$a'$$ $t$ $$ $t$ $1 $") == "D:$$a'$$ D:$t$ $$ $t$ P:$ W:1 P:$ ");
  CHECK(kinds("-- x\ny /* ' */z") == "L:-- x W:y B:/* ' */ W:z ");
  CHECK(kinds("'open") == "T!:'open ");
  CHECK(kinds("/* open") == "B!:/* open ");
  CHECK(kinds("$a$ open") == "D!:$a$ open ");
}

}  // namespace
}  // namespace bulkhead::source
