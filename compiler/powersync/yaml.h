// A YAML document whose scalars know, byte by byte, where in the file they stand. yaml-cpp parses; private to
// this folder.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source.h"
#include "compiler/syntax/syntax.h"
#include "runtime/base/id.h"

namespace bulkhead::powersync {

using source::Span;

struct Node;
using NodeId = Id<Node>;

struct Node {
  enum class Kind : uint8_t { Null, Scalar, Map, List };
  struct Entry {
    NodeId key;
    NodeId value;
  };

  Kind kind = Kind::Null;
  Span span;         // of a scalar: with its quotes; of a collection: from its first to its last scalar
  std::string text;  // of a scalar: what it spells
  std::vector<syntax::PieceMapping> mapping;  // of a scalar: where that stands
  std::string tag;                            // "!name" as written, or ""
  bool plain = false;                         // a scalar without quotes, which may be a number or a boolean
  std::vector<Entry> entries;                 // of a map, in written order
  std::vector<NodeId> items;                  // of a list
};

// One document. An alias is the id of what its anchor names, so a node may be reached several ways.
struct Document {
  Store<Node> nodes;
  NodeId root;  // None after a syntax error or of an empty file

  const Node& operator[](NodeId id) const { return nodes[id]; }
};

// Reports what is not YAML, keys given twice in one map, and a second document.
Document ParseYaml(const source::Sources& sources, source::FileId file, source::Diagnostics& diagnostics);

// The scalar that begins at text[at], which yaml-cpp read as `value`: where each byte of the value stands,
// and where the scalar ends. `parent_indent` is the column of the collection it stands in (0 at the top).
struct ScalarPlace {
  std::vector<syntax::PieceMapping> mapping;
  uint32_t begin = 0;  // behind anchors and tags
  uint32_t end = 0;
  bool closed = true;  // false: its closing quote is missing
};
ScalarPlace PlaceScalar(std::string_view text, uint32_t at, std::string_view value, uint32_t parent_indent);

}  // namespace bulkhead::powersync
