#include "compiler/syntax/raw_function.h"

#include "compiler/source/scanner.h"

namespace bulkhead::syntax {

using source::Lower;
using source::PieceKind;
using source::ScannedPiece;
using source::ScanPiece;
using source::Upper;

namespace {

class RawFunctionReader {
 public:
  RawFunctionReader(const Place& place, uint32_t begin, uint32_t end)
      : place_(place), text_(place.text().substr(0, end)), at_(begin) {
    Next();
  }

  ast::CreateRawFunction Read() {
    while (piece_.kind != PieceKind::End && !Word("FUNCTION") && !Word("PROCEDURE")) Next();
    Next();
    ReadName();
    if (Is("(")) function_.parameters = Parenthesised();
    while (piece_.kind != PieceKind::End) ReadClause();
    return std::move(function_);
  }

 private:
  void Next() {
    do {
      piece_ = ScanPiece(text_, at_);
      at_ = piece_.end;
    } while (piece_.kind == PieceKind::LineComment || piece_.kind == PieceKind::BlockComment);
  }
  std::string_view Text() const { return text_.substr(piece_.begin, piece_.end - piece_.begin); }
  bool Word(std::string_view word) const { return piece_.kind == PieceKind::Word && Upper(Text()) == word; }
  bool Is(std::string_view text) const { return piece_.kind == PieceKind::Punctuation && Text() == text; }

  ast::Name Name() {
    ast::Name name;
    name.span = place_.Map(piece_.begin, piece_.end);
    name.quoted = piece_.kind == PieceKind::QuotedName;
    name.text = name.quoted ? std::string(Text().substr(1, Text().size() - 2)) : Lower(Text());
    return name;
  }
  bool AtName() const { return piece_.kind == PieceKind::Word || piece_.kind == PieceKind::QuotedName; }

  void ReadName() {
    if (!AtName()) return;
    function_.name.name = Name();
    function_.name.span = function_.name.name.span;
    Next();
    while (Is(".")) {
      Next();
      if (!AtName()) return;
      function_.name.schema = function_.name.name;
      function_.name.name = Name();
      function_.name.span = Cover(function_.name.span, function_.name.name.span);
      Next();
    }
  }

  // The text between ( and its ), which it steps over.
  std::string Parenthesised() {
    uint32_t begin = piece_.end;
    for (int depth = 0; piece_.kind != PieceKind::End; Next()) {
      if (Is("(")) ++depth;
      if (Is(")") && --depth == 0) break;
    }
    std::string inside(text_.substr(begin, piece_.begin - begin));
    Next();
    return inside;
  }

  void ReadClause() {
    if (Word("RETURNS")) return ReadReturns();
    if (Word("LANGUAGE")) {
      Next();
      function_.language = Lower(piece_.kind == PieceKind::Text ? Inside(1) : Text());
    } else if (Word("SECURITY")) {
      Next();
      if (Word("DEFINER")) function_.security_definer = true;
    } else if (Word("AS")) {
      Next();
      return ReadBody();
    } else if (Word("BEGIN") || Word("RETURN")) {
      return ReadSqlBody();
    }
    Next();
  }

  // RETURNS [SETOF] type, or RETURNS TABLE (…): up to the next clause.
  void ReadReturns() {
    Next();
    uint32_t begin = piece_.begin, end = piece_.begin;
    for (int depth = 0; piece_.kind != PieceKind::End; Next()) {
      if (depth == 0 && EndsReturns()) break;
      if (Is("(")) ++depth;
      if (Is(")")) --depth;
      end = piece_.end;
    }
    function_.returns = std::string(text_.substr(begin, end - begin));
  }
  bool EndsReturns() const {
    for (std::string_view word : {"LANGUAGE", "AS", "SECURITY", "STABLE", "IMMUTABLE", "VOLATILE", "STRICT", "CALLED",
                                  "PARALLEL", "COST", "ROWS", "SET", "WINDOW", "LEAKPROOF", "BEGIN", "RETURN"})
      if (Word(word)) return true;
    return Word("NOT");
  }

  std::string_view Inside(size_t mark) const { return Text().substr(mark, Text().size() - 2 * mark); }

  void ReadBody() {
    if (piece_.kind == PieceKind::DollarText) {
      size_t mark = Text().find('$', 1) + 1;
      SetBody(piece_.begin + mark, piece_.end - mark);
    } else if (piece_.kind == PieceKind::Text) {
      SetBody(static_cast<uint32_t>(piece_.begin + Text().find('\'') + 1), piece_.end - 1);
    }
    Next();
  }
  void ReadSqlBody() {
    SetBody(piece_.begin, static_cast<uint32_t>(text_.size()));
    at_ = static_cast<uint32_t>(text_.size());
    if (function_.language.empty()) function_.language = "sql";
    Next();
  }
  void SetBody(size_t begin, size_t end) {
    function_.body = std::string(text_.substr(begin, end - begin));
    function_.body_span = place_.Map(static_cast<uint32_t>(begin), static_cast<uint32_t>(end));
  }

  const Place& place_;
  std::string_view text_;
  uint32_t at_;
  ScannedPiece piece_;
  ast::CreateRawFunction function_;
};

}  // namespace

ast::CreateRawFunction ReadRawFunction(const Place& place, uint32_t begin, uint32_t end) {
  return RawFunctionReader(place, begin, end).Read();
}

}  // namespace bulkhead::syntax
