// Where a piece of text stands in its file.
#pragma once

#include <algorithm>

#include "compiler/syntax/syntax.h"

namespace bulkhead::syntax {

class Place {
 public:
  explicit Place(const Piece& piece) : piece_(piece) {}

  // The span in the file of bytes [begin, end) of the piece.
  source::Span Map(uint32_t begin, uint32_t end) const {
    if (begin >= end) return {piece_.file, Offset(begin), Offset(begin)};
    return {piece_.file, Offset(begin), Offset(end - 1) + 1};
  }
  std::string_view text() const { return piece_.text; }
  const Piece& piece() const { return piece_; }

 private:
  uint32_t Offset(uint32_t at) const {
    auto next = std::upper_bound(piece_.mapping.begin(), piece_.mapping.end(), at,
                                 [](uint32_t offset, const PieceMapping& entry) { return offset < entry.text; });
    if (next == piece_.mapping.begin()) return at;
    const PieceMapping& entry = *std::prev(next);
    return entry.file + (at - entry.text);
  }

  const Piece& piece_;
};

}  // namespace bulkhead::syntax
