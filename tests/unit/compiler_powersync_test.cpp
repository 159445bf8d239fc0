// Goal: every byte of a YAML scalar is found where it stands in the file, however it is spelled; and no bytes
// make the reader fail other than by diagnostics. Method: scalars of every style with words whose places are
// known; files cut and mangled at every byte.
#include <catch2/catch.hpp>

#include "compiler/ast/ast.h"
#include "compiler/powersync/powersync.h"
#include "compiler/powersync/yaml.h"

namespace bulkhead::powersync {
namespace {

struct Read {
  source::Sources sources;
  source::Diagnostics diagnostics;
  Document document;

  explicit Read(std::string text) {
    source::FileId file = sources.Add("test.yaml", std::move(text));
    document = ParseYaml(sources, file, diagnostics);
  }
  const Node& Value(size_t entry = 0) const { return document[document[document.root].entries[entry].value]; }
  // Where in the file byte `at` of the scalar's text stands.
  uint32_t Place(const Node& node, uint32_t at) const {
    uint32_t place = 0;
    for (const syntax::PieceMapping& entry : node.mapping) {
      if (entry.text <= at) place = entry.file + (at - entry.text);
    }
    return place;
  }
};

// Each letter and digit of the scalar is the same character in the file, in order.
void CheckPlaces(const std::string& text, const std::string& value) {
  Read read(text);
  INFO(text);
  REQUIRE(read.document.root.HasValue());
  const Node& node = read.Value();
  CHECK(node.text == value);
  uint32_t before = 0;
  for (uint32_t i = 0; i < node.text.size(); ++i) {
    uint32_t place = read.Place(node, i);
    REQUIRE(place < text.size());
    if (std::isalnum(static_cast<unsigned char>(node.text[i]))) CHECK(text[place] == node.text[i]);
    CHECK(place >= before);
    before = place;
  }
}

TEST_CASE("bytes of scalars are found in the file") {
  CheckPlaces("k: plain words", "plain words");
  CheckPlaces("k: plain\n  on two\n\n  lines # comment\n", "plain on two\nlines");
  CheckPlaces("k: 'it''s  quoted'", "it's  quoted");
  CheckPlaces("k: 'folded\n    once\n\n    twice'", "folded once\ntwice");
  CheckPlaces("k: \"a\\tb \\\n   c\"", "a\tb c");
  CheckPlaces("k: \"fold  \n  ed\"", "fold ed");
  CheckPlaces("k: |\n  one\n   two\n\n  three\n", "one\n two\n\nthree\n");
  CheckPlaces("k: |-\n  one\n  two\n\n", "one\ntwo");
  CheckPlaces("k: |+\n  one\n\n", "one\n\n");
  CheckPlaces("k: >\n  one\n  two\n\n  three\n   four\n  five\n", "one two\nthree\n four\nfive\n");
  CheckPlaces("k: >-\n\n  one\n  two\n", "\none two");
  CheckPlaces("k: |2\n    one\n   two\n", "  one\n two\n");
}

TEST_CASE("the wider forms of scalars") {
  CheckPlaces("k: &anchor !tag 'x y'", "x y");
  CheckPlaces("{k: flow text}", "flow text");
  CheckPlaces("k: \"\\u002E z\"", ". z");
}

TEST_CASE("windows line ends") {
  Read read("k: |\r\n  one\r\n  two\r\n");
  const Node& node = read.Value();
  size_t two = node.text.find("two");
  REQUIRE(two != std::string::npos);
  CHECK(read.Place(node, static_cast<uint32_t>(two)) == 15);
}

TEST_CASE("an alias is the node it names") {
  Read read("a: &x [1]\nb: *x\n");
  CHECK(&read.Value(0) == &read.Value(1));
}

constexpr std::string_view Whole =
    "config: {edition: 3}\nwith:\n  mine: SELECT id FROM lists WHERE owner = auth.user_id()\nstreams:\n  s: "
    "&s\n"
    "    auto_subscribe: true\n    queries:\n      - >-\n        SELECT * FROM todos\n        WHERE list IN "
    "mine\n"
    "      - \"SELECT id, \\\"x\\\" FROM t\" # end\n";

size_t Statements(std::string text) {
  source::Sources sources;
  source::Diagnostics diagnostics;
  ast::Tree tree;
  source::FileId file = sources.Add("test.yaml", std::move(text));
  size_t count = Parse(tree, sources, file, diagnostics).statements.size();
  for (const source::Diagnostic& diagnostic : diagnostics.all()) {
    const source::Span span = diagnostic.primary.span;
    REQUIRE(span.begin <= span.end);
    REQUIRE(span.end <= sources[file].text.size());
  }
  return count;
}

TEST_CASE("cut and mangled files end in diagnostics within the file") {
  CHECK(Statements(std::string(Whole)) == 2);
  for (size_t cut = 0; cut < Whole.size(); ++cut) Statements(std::string(Whole.substr(0, cut)));
  for (size_t at = 0; at < Whole.size(); ++at) {
    for (char c : {'"', '\n', ':', '\t', '|', '\0', '[', '&', '\xff'}) {
      std::string text(Whole);
      text[at] = c;
      Statements(std::move(text));
    }
  }
}

TEST_CASE("deep and repeated YAML") {
  Statements(std::string(100000, '['));
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c < 'z'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" +
            static_cast<char>(c - 1) + "]\n";
  }
  Statements(bomb);
  Statements("streams: &s {a: *s}\n");
  // 3000 streams that each repeat 500 queries: only the first megabyte of repetitions is read.
  std::string streams = "config: {edition: 3}\nstreams:\n  s: {queries: &q [SELECT * FROM a";
  for (int i = 0; i < 499; ++i) streams += ", SELECT * FROM a";
  streams += "]}\n";
  for (int i = 0; i < 3000; ++i) streams += "  s" + std::to_string(i) + ": {queries: *q}\n";
  CHECK(Statements(streams) < 200);
}

}  // namespace
}  // namespace bulkhead::powersync
