#include "compiler/powersync/yaml.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

namespace bulkhead::powersync {
namespace {

using source::DiagKind;

// yaml-cpp's events, made a tree.
class TreeMaker final : public YAML::EventHandler {
 public:
  TreeMaker(std::string_view text, source::FileId file, Document& document)
      : text_(text), file_(file), document_(document) {}

  // A quote that yaml-cpp lets run to the end of the file.
  const std::optional<Span>& unclosed() const { return unclosed_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.span = {file_, At(mark), At(mark)};
    node.plain = true;
    Attach(Keep(std::move(node), anchor));
  }
  void OnAlias(const YAML::Mark&, YAML::anchor_t anchor) override {
    auto known = anchors_.find(anchor);
    Attach(known == anchors_.end() ? document_.nodes.Add({}) : known->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    uint32_t indent = open_.empty() ? 0 : open_.back().column;
    ScalarPlace place = PlaceScalar(text_, At(mark), value, indent);
    if (!place.closed) unclosed_ = Span{file_, place.begin, place.begin + 1};
    Node node;
    node.kind = Node::Kind::Scalar;
    node.span = {file_, place.begin, place.end};
    node.text = value;
    node.mapping = std::move(place.mapping);
    node.tag = tag == "?" || tag == "!" ? "" : tag;
    // What a tag of YAML's own calls a number or a boolean is read as one.
    node.plain = tag == "?" || (tag.starts_with("tag:yaml.org,2002:") && !tag.ends_with(":str"));
    Attach(Keep(std::move(node), anchor));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Start(Node::Kind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Start(Node::Kind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { End(); }

 private:
  struct Open {
    NodeId id;
    NodeId key;  // of a map, when its value is awaited
    uint32_t column = 0;
  };

  uint32_t At(const YAML::Mark& mark) const {
    return static_cast<uint32_t>(std::clamp<int64_t>(mark.pos, 0, static_cast<int64_t>(text_.size())));
  }

  NodeId Keep(Node node, YAML::anchor_t anchor) {
    NodeId id = document_.nodes.Add(std::move(node));
    if (anchor != YAML::NullAnchor) anchors_[anchor] = id;
    return id;
  }

  void Start(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Node node;
    node.kind = kind;
    const bool flow = At(mark) < text_.size() && (text_[At(mark)] == '[' || text_[At(mark)] == '{');
    node.span = {file_, At(mark), At(mark) + (flow ? 1 : 0)};
    node.tag = tag == "?" || tag == "!" ? "" : tag;
    NodeId id = Keep(std::move(node), anchor);
    Attach(id);
    open_.push_back({id, {}, static_cast<uint32_t>(std::max(0, mark.column))});
  }

  void End() {
    Span span = document_.nodes[open_.back().id].span;
    open_.pop_back();
    if (open_.empty()) return;
    Span& parent = document_.nodes[open_.back().id].span;
    parent.end = std::max(parent.end, span.end);
  }

  void Attach(NodeId id) {
    if (open_.empty()) {
      document_.root = id;
      return;
    }
    Open& open = open_.back();
    Node& parent = document_.nodes[open.id];
    const Span span = document_.nodes[id].span;
    if (span.begin >= parent.span.begin) parent.span.end = std::max(parent.span.end, span.end);
    if (parent.kind == Node::Kind::List) {
      parent.items.push_back(id);
    } else if (!open.key.HasValue()) {
      open.key = id;
    } else {
      parent.entries.push_back({open.key, id});
      open.key = {};
    }
  }

  std::string_view text_;
  source::FileId file_;
  Document& document_;
  std::vector<Open> open_;
  std::optional<Span> unclosed_;
  std::unordered_map<YAML::anchor_t, NodeId> anchors_;
};

void ReportTwice(const Document& document, source::Diagnostics& diagnostics) {
  for (const Node& node : document.nodes) {
    std::unordered_map<std::string_view, Span> seen;
    for (const Node::Entry& entry : node.entries) {
      const Node& key = document[entry.key];
      if (key.kind != Node::Kind::Scalar) continue;
      auto [first, inserted] = seen.try_emplace(key.text, key.span);
      if (!inserted)
        diagnostics.Report<DiagKind::KeyTwice>(key.span, key.text).Label(first->second, "the first");
    }
  }
}

}  // namespace

Document ParseYaml(const source::Sources& sources, source::FileId file, source::Diagnostics& diagnostics) {
  Document document;
  const std::string& text = sources[file].text;
  std::istringstream stream(text);
  TreeMaker maker(text, file, document);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(maker);
    if (maker.unclosed()) {
      diagnostics.Report<DiagKind::NotYaml>(*maker.unclosed(), "this text has no closing quote");
      document.root = {};
      return document;
    }
    Document rest;
    TreeMaker second(text, file, rest);
    if (parser.HandleNextDocument(second) && rest.root.HasValue())
      diagnostics.Report<DiagKind::NotYaml>(rest[rest.root].span, "a second document begins here");
  } catch (const YAML::Exception& error) {
    auto at =
        static_cast<uint32_t>(std::clamp<int64_t>(error.mark.pos, 0, static_cast<int64_t>(text.size())));
    uint32_t end = std::min<uint32_t>(at + 1, static_cast<uint32_t>(text.size()));
    const bool deep = dynamic_cast<const YAML::DeepRecursion*>(&error);
    diagnostics.Report<DiagKind::NotYaml>({file, at, end}, deep ? "it is nested too deeply" : error.msg);
    document.root = {};
    return document;
  }
  ReportTwice(document, diagnostics);
  return document;
}

}  // namespace bulkhead::powersync
