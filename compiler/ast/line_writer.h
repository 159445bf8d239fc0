// Lays words out in lines of at most FormatColumnsMax columns.
#pragma once

#include <span>
#include <string>

#include "compiler/ast/format_tokens.h"

namespace bulkhead::ast {

inline constexpr size_t FormatColumnsMax = 100;

class LineWriter {
 public:
  using Nodes = std::span<const FormatNode>;

  // Writes the nodes from the current column on: on one line if they fit, else as a query, a condition or a list.
  // Lines that it begins stand at `indent`. `tail` columns of the last line stay free for what the caller adds.
  void Sequence(Nodes nodes, size_t indent, size_t tail = 0);
  // Lines filled with as many words as fit.
  void Fill(Nodes nodes, size_t indent, size_t tail = 0);
  // A list: lines filled with as many elements as fit, none of them broken that fits a line of its own.
  void Commas(Nodes nodes, size_t indent, size_t tail = 0);
  // One line, whatever its length.
  void Flat(Nodes nodes);
  void Word(const FormatWord& word);
  void NewLine(size_t indent);
  void BlankLine();
  // Text that is not to be touched; it begins on a line of its own.
  void Verbatim(std::string_view text);
  // Spaces before the next word.
  void Pad(size_t columns) { pad_ = columns; }

  bool Fits(Nodes nodes, size_t tail) const;
  // The columns of one line; more than any limit when a comment ends the line.
  static size_t FlatColumns(Nodes nodes, FormatWord before = {});
  size_t column() const { return column_; }
  bool fresh() const { return fresh_; }
  std::string Take();

 private:
  void Flat(const FormatNode& node);
  void Group(const FormatNode& node, size_t tail);
  void Case(const FormatNode& node, size_t tail);
  void Query(Nodes nodes, size_t tail);
  void Clause(Nodes nodes, size_t indent, size_t tail);
  void From(Nodes nodes, size_t indent, size_t tail);
  void Logical(Nodes nodes, size_t indent, size_t separator_end, size_t tail);
  void Comment(const FormatWord& word);

  std::string out_;
  size_t column_ = 0;
  size_t line_indent_ = 0;
  size_t break_indent_ = 0;  // where a line begins that a comment forces
  size_t pad_ = 0;
  bool fresh_ = true;        // the line holds nothing yet
  bool must_break_ = false;  // the word before ends its line
  FormatWord last_, before_last_;
};

}  // namespace bulkhead::ast
