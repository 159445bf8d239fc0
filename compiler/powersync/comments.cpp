#include <algorithm>

#include "compiler/powersync/reader.h"
#include "compiler/source/scanner.h"

namespace bulkhead::powersync {
namespace {

uint32_t FileOffset(const Node& node, uint32_t at) {
  auto next = std::upper_bound(node.mapping.begin(), node.mapping.end(), at,
                               [](uint32_t offset, const auto& entry) { return offset < entry.text; });
  return next == node.mapping.begin() ? node.span.begin
                                      : std::prev(next)->file + (at - std::prev(next)->text);
}

}  // namespace

// `# …` behind white space or at the start of a line, outside scalars.
std::vector<ast::Comment> Reader::YamlComments() const {
  const std::string& text = sources_[file_].text;
  std::vector<std::pair<uint32_t, uint32_t>> scalars;
  for (const Node& node : document_.nodes) {
    if (node.kind == Node::Kind::Scalar) scalars.emplace_back(node.span.begin, node.span.end);
  }
  std::sort(scalars.begin(), scalars.end());
  std::vector<ast::Comment> comments;
  size_t next = 0;
  for (uint32_t at = 0; at < text.size(); ++at) {
    while (next < scalars.size() && scalars[next].second <= at) ++next;
    if (next < scalars.size() && scalars[next].first <= at) {
      at = scalars[next].second - 1;
      continue;
    }
    if (text[at] != '#' || (at > 0 && text[at - 1] != ' ' && text[at - 1] != '\t' && text[at - 1] != '\n'))
      continue;
    uint32_t end = static_cast<uint32_t>(std::min(text.find('\n', at), text.size()));
    size_t before = at == 0 ? std::string::npos : text.find_last_not_of(" \t", at - 1);
    comments.push_back({{file_, at, end}, false, before == std::string::npos || text[before] == '\n'});
    at = end;
  }
  return comments;
}

std::vector<ast::Comment> Reader::SqlComments() const {
  std::vector<ast::Comment> comments;
  for (const Node* node : sql_nodes_) {
    for (uint32_t at = 0;;) {
      source::ScannedPiece piece = source::ScanPiece(node->text, at);
      if (piece.kind == source::PieceKind::End) break;
      at = piece.end;
      const bool block = piece.kind == source::PieceKind::BlockComment;
      if (!block && piece.kind != source::PieceKind::LineComment) continue;
      comments.push_back(
          {{file_, FileOffset(*node, piece.begin), FileOffset(*node, piece.end - 1) + 1}, block, true});
    }
  }
  return comments;
}

void Reader::AddComments() {
  std::vector<ast::Comment> comments = YamlComments();
  for (ast::Comment& comment : SqlComments()) comments.push_back(std::move(comment));
  std::stable_sort(comments.begin(), comments.end(),
                   [](const auto& a, const auto& b) { return a.span.begin < b.span.begin; });
  for (ast::Comment& comment : comments) {
    // The first in the file that ends behind the comment.
    ast::Statement* holder = nullptr;
    for (ast::Statement& statement : out_.statements) {
      const uint32_t end = statement.span.end;
      if (comment.span.begin < end && (!holder || end < holder->span.end)) holder = &statement;
    }
    (holder ? holder->comments : out_.trailing_comments).push_back(std::move(comment));
  }
}

}  // namespace bulkhead::powersync
