// Where the bytes of a YAML scalar stand: plain, quoted or a block, with folding and escapes undone once
// more.
#include <algorithm>
#include <string>

#include "compiler/powersync/yaml.h"

namespace bulkhead::powersync {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}
bool IsBreak(char c) {
  return c == '\n' || c == '\r';
}

// Builds a value byte by byte and remembers where each came from.
class Spelled {
 public:
  void Put(char c, uint32_t at) {
    if (mapping_.empty() || text_.size() - mapping_.back().text != at - mapping_.back().file)
      mapping_.push_back({static_cast<uint32_t>(text_.size()), at});
    text_ += c;
  }
  // Spaces at the end that folding takes away; `keep` bytes are sure.
  void TrimBlanks(size_t keep) {
    while (text_.size() > keep && IsBlank(text_.back())) Drop();
  }
  void Drop() {
    text_.pop_back();
    if (!mapping_.empty() && mapping_.back().text >= text_.size()) mapping_.pop_back();
  }
  const std::string& text() const { return text_; }
  std::vector<syntax::PieceMapping> TakeMapping() { return std::move(mapping_); }

 private:
  std::string text_;
  std::vector<syntax::PieceMapping> mapping_;
};

class Scalar {
 public:
  Scalar(std::string_view text, uint32_t at) : text_(text), at_(at) {}

  char Now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Ended() const { return at_ >= text_.size(); }
  uint32_t at() const { return at_; }
  Spelled& spelled() { return spelled_; }

  void SkipProperties() {
    for (;;) {
      SkipSpace();
      if (Now() != '&' && Now() != '!') return;
      while (!Ended() && !IsBlank(Now()) && !IsBreak(Now())) ++at_;
    }
  }

  void Quoted(char quote) {
    ++at_;
    closed_ = false;
    size_t keep = 0;
    while (!Ended()) {
      if (Now() == quote && !(quote == '\'' && Next() == '\'')) {
        ++at_;
        closed_ = true;
        return;
      }
      if (IsBreak(Now())) {
        spelled_.TrimBlanks(keep);
        Fold();
      } else if (quote == '"' && Now() == '\\') {
        Escape();
        keep = spelled_.text().size();
      } else {
        spelled_.Put(Now(), at_);
        at_ += Now() == '\'' && quote == '\'' ? 2 : 1;
      }
    }
  }

  void Block(uint32_t parent_indent) {
    const bool folded = Now() == '>';
    ++at_;
    char chomp = 0;
    uint32_t indent = 0;
    for (; !Ended() && !IsBreak(Now()); ++at_) {
      if (Now() == '#') break;
      if (Now() == '+' || Now() == '-') chomp = Now();
      if (Now() >= '1' && Now() <= '9') indent = parent_indent + static_cast<uint32_t>(Now() - '0');
    }
    SkipLine();
    Lines(indent, folded);
    Chomp(chomp);
  }

  // The value is known: its blanks and breaks may be folded lines.
  bool Plain(std::string_view value) {
    for (char c : value) {
      bool white = c == ' ' || c == '\n';
      if (Now() == c && c != '\n') {
        // A space before a break is not part of the value.
        uint32_t behind = at_;
        while (behind < text_.size() && IsBlank(text_[behind])) ++behind;
        if (c != ' ' || behind >= text_.size() || !IsBreak(text_[behind])) {
          spelled_.Put(c, at_++);
          continue;
        }
      }
      if (!white) {
        SkipSpace();
        if (Now() != c) return false;
        spelled_.Put(c, at_++);
        continue;
      }
      uint32_t from = at_;
      spelled_.Put(c, from);
      if (c == ' ') SkipSpace();
    }
    return true;
  }

 private:
  char Next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  void SkipSpace() {
    while (!Ended() && (IsBlank(Now()) || IsBreak(Now()))) ++at_;
  }
  void SkipLine() {
    while (!Ended() && !IsBreak(Now())) ++at_;
    SkipBreak();
  }
  void SkipBreak() {
    if (Now() == '\r' && Next() == '\n') ++at_;
    if (!Ended() && IsBreak(Now())) ++at_;
  }

  // In quotes: one break is a space, more are one break fewer.
  void Fold() {
    uint32_t begin = at_;
    size_t breaks = 0;
    while (!Ended() && (IsBlank(Now()) || IsBreak(Now()))) {
      if (!IsBreak(Now())) {
        ++at_;
        continue;
      }
      if (++breaks > 1) spelled_.Put('\n', at_);
      SkipBreak();
    }
    if (breaks == 1) spelled_.Put(' ', begin);
  }

  void Escape() {
    uint32_t begin = at_++;
    char c = Now();
    if (IsBreak(c)) {
      SkipBreak();
      while (!Ended() && IsBlank(Now())) ++at_;
      return;
    }
    ++at_;
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0) return Put(Simple(c), begin);
    std::string number(text_.substr(std::min<size_t>(at_, text_.size()), digits));
    at_ = static_cast<uint32_t>(std::min<size_t>(at_ + digits, text_.size()));
    Put(static_cast<uint32_t>(std::strtoul(number.c_str(), nullptr, 16)), begin);
  }

  static uint32_t Simple(char c) {
    switch (c) {
      case '0':
        return 0;
      case 'a':
        return 7;
      case 'b':
        return 8;
      case 't':
        return 9;
      case 'n':
        return 10;
      case 'v':
        return 11;
      case 'f':
        return 12;
      case 'r':
        return 13;
      case 'e':
        return 27;
      case 'N':
        return 0x85;
      case '_':
        return 0xA0;
      case 'L':
        return 0x2028;
      case 'P':
        return 0x2029;
      default:
        return static_cast<unsigned char>(c);
    }
  }

  void Put(uint32_t code, uint32_t at) {
    auto byte = [&](uint32_t bits) { spelled_.Put(static_cast<char>(bits), at); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }

  struct Line {
    uint32_t begin = 0, end = 0;  // of the text behind the indentation
    uint32_t stop = 0;            // where its break is
    bool blank = false;           // nothing but indentation
  };

  // The lines of a block; `indent` 0: that of the first line with text.
  void Lines(uint32_t indent, bool folded) {
    std::vector<Line> lines;
    while (!Ended()) {
      uint32_t begin = at_, spaces = 0;
      while (begin + spaces < text_.size() && text_[begin + spaces] == ' ' &&
             (indent == 0 || spaces < indent))
        ++spaces;
      uint32_t end = begin + spaces;
      while (end < text_.size() && !IsBreak(text_[end])) ++end;
      bool blank = end == begin + spaces;
      if (!blank && indent == 0) indent = spaces;
      bool document = spaces == 0 && (text_.substr(begin, 3) == "---" || text_.substr(begin, 3) == "...");
      if (!blank && (spaces < indent || indent == 0 || document)) break;
      lines.push_back({begin + spaces, end, end, blank});
      at_ = end;
      if (Ended()) break;
      SkipBreak();
    }
    if (!lines.empty()) at_ = std::min<uint32_t>(at_, static_cast<uint32_t>(text_.size()));
    Write(lines, folded);
    for (const Line& line : lines) {
      if (!line.blank) last_ = line.end;
    }
  }

  void Write(const std::vector<Line>& lines, bool folded) {
    auto indented = [&](const Line& line) { return !line.blank && IsBlank(text_[line.begin]); };
    for (size_t i = 0; i < lines.size(); ++i) {
      for (uint32_t at = lines[i].begin; at < lines[i].end; ++at) spelled_.Put(text_[at], at);
      bool has_break = lines[i].stop < text_.size();
      if (!has_break) break;
      if (!folded || lines[i].blank) {
        spelled_.Put('\n', lines[i].stop);
        continue;
      }
      size_t next = i + 1;
      while (next < lines.size() && lines[next].blank) ++next;
      bool plain = next < lines.size() && !indented(lines[i]) && !indented(lines[next]);
      if (!plain) {
        spelled_.Put('\n', lines[i].stop);
      } else if (next == i + 1) {
        spelled_.Put(' ', lines[i].stop);
      }  // else the blank lines between are the breaks
    }
  }

  void Chomp(char chomp) {
    if (chomp == '+') return;
    const std::string& text = spelled_.text();
    size_t breaks = 0;
    while (breaks < text.size() && text[text.size() - 1 - breaks] == '\n') ++breaks;
    size_t kept = chomp == '-' || breaks == text.size() ? 0 : std::min<size_t>(breaks, 1);
    for (; breaks > kept; --breaks) spelled_.Drop();
  }

 public:
  // Where a block's last text ends.
  uint32_t last() const { return last_; }
  bool closed() const { return closed_; }

 private:
  std::string_view text_;
  uint32_t at_;
  uint32_t last_ = 0;
  bool closed_ = true;
  Spelled spelled_;
};

}  // namespace

ScalarPlace PlaceScalar(std::string_view text, uint32_t at, std::string_view value, uint32_t parent_indent) {
  Scalar scalar(text, at);
  scalar.SkipProperties();
  ScalarPlace place;
  place.begin = scalar.at();
  char first = scalar.Now();
  const bool block = first == '|' || first == '>';
  bool known = true;
  if (first == '"' || first == '\'') {
    scalar.Quoted(first);
  } else if (block) {
    scalar.Block(parent_indent);
  } else {
    known = scalar.Plain(value);
  }
  place.end = block && scalar.last() > place.begin ? scalar.last() : scalar.at();
  place.closed = scalar.closed();
  known = known && scalar.spelled().text() == value;
  if (known) place.mapping = scalar.spelled().TakeMapping();
  // A form that only yaml-cpp understood: every byte stands where the scalar begins.
  if (!known) {
    for (uint32_t i = 0; i < value.size(); ++i) place.mapping.push_back({i, place.begin});
  }
  if (place.mapping.empty()) place.mapping.push_back({0, place.begin});
  place.end = std::clamp<uint32_t>(place.end, place.begin, static_cast<uint32_t>(text.size()));
  return place;
}

}  // namespace bulkhead::powersync
