// Print and Parse: the one-line text of expressions.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "runtime/base/hash.h"
#include "runtime/base/id.h"
#include "runtime/value/convert.h"
#include "runtime/value/json.h"
#include "runtime/vm/expr.h"

namespace bulkhead::vm {
namespace {

bool IsPlainName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string Quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

std::string Hex(std::string_view bytes) {
  return HexLower(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::string RealText(double v) {
  char text[value::NumberTextBytesMax];
  return std::string(text, value::WriteJsonReal(text, v));
}

// Reads Print's text by recursive descent, as deep as trees may be.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<Expr> ReadAll() {
    BULKHEAD_TRY(Expr expr, ReadExpr(0));
    SkipSpace();
    if (!rest_.empty()) return Bad("text after the expression");
    return expr;
  }

 private:
  Error Bad(std::string_view why) const {
    return Error{Code::InvalidData, fmt::format("expression text: {} before `{}`", why, rest_.substr(0, 20))};
  }
  void SkipSpace() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }
  bool Accept(char c) {
    SkipSpace();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view Word() {
    SkipSpace();
    size_t size = std::min(rest_.find_first_of(" \n()"), rest_.size());
    std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }
  std::optional<std::string> QuotedText(char quote) {
    if (!Accept(quote)) return std::nullopt;
    std::string text;
    for (size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] != quote) {
        text += rest_[i];
      } else if (i + 1 < rest_.size() && rest_[i + 1] == quote) {
        text += rest_[i++];
      } else {
        rest_.remove_prefix(i + 1);
        return text;
      }
    }
    return std::nullopt;
  }
  std::optional<std::string> HexText() {
    std::optional<std::string> digits = QuotedText('\'');
    if (!digits || digits->size() % 2) return std::nullopt;
    std::string bytes;
    for (size_t i = 0; i < digits->size(); i += 2) {
      uint8_t byte = 0;
      auto [end, error] = std::from_chars(digits->data() + i, digits->data() + i + 2, byte, 16);
      if (error != std::errc() || end != digits->data() + i + 2) return std::nullopt;
      bytes += static_cast<char>(byte);
    }
    return bytes;
  }
  std::optional<uint32_t> Index() {
    std::string_view word = Word();
    uint32_t index = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return index;
  }

  Result<Expr> ReadExpr(size_t depth) {
    if (depth >= limits::ExpressionTreeDepthMax) return Bad("nesting too deep");
    if (Accept('(')) return ReadParenthesis(depth);
    if (!rest_.empty() && rest_[0] == '\'') {
      std::optional<std::string> text = QuotedText('\'');
      if (!text) return Bad("unfinished text");
      return Text(*text);
    }
    if (rest_.substr(0, 2) == "X'" || rest_.substr(0, 2) == "T'") {
      bool blob = rest_[0] == 'X';
      rest_.remove_prefix(1);
      std::optional<std::string> bytes = HexText();
      if (!bytes) return Bad("bad hexadecimal digits");
      return blob ? Blob(*bytes) : Text(*bytes);
    }
    return ReadNumber();
  }

  Result<Expr> ReadNumber() {
    std::string_view word = Word();
    if (word == "NULL") return Null();
    if (word == "9e999") return Real(std::numeric_limits<double>::infinity());
    if (word == "-9e999") return Real(-std::numeric_limits<double>::infinity());
    const char* end = word.data() + word.size();
    int64_t integer;
    auto whole = std::from_chars(word.data(), end, integer);
    if (whole.ec == std::errc() && whole.ptr == end) return Integer(integer);
    double real;
    auto decimal = std::from_chars(word.data(), end, real);
    if (decimal.ec == std::errc() && decimal.ptr == end && real - real == 0) return Real(real);
    return Bad(fmt::format("unknown word `{}`", word));
  }

  Result<Expr> ReadParenthesis(size_t depth) {
    std::string name(Word());
    if (name == "column" || name == "expand" || name == "binding" || name == "request") {
      BULKHEAD_TRY(Expr leaf, ReadLeaf(name));
      if (!Accept(')')) return Bad("`)` expected");
      return leaf;
    }
    std::vector<Expr> args;
    while (!Accept(')')) {
      if (rest_.empty()) return Bad("`)` expected");
      if (args.size() >= limits::CallArgumentsMax) return Bad("too many arguments");
      BULKHEAD_TRY(Expr arg, ReadExpr(depth + 1));
      args.push_back(std::move(arg));
    }
    std::optional<Callee> callee = Callee::Find(name, args.size());
    if (!callee) return Bad(fmt::format("no `{}` takes {} arguments", name, args.size()));
    return Apply(*callee, std::move(args));
  }

  Result<Expr> ReadLeaf(std::string_view kind) {
    SkipSpace();
    if (kind == "column") {
      if (rest_.empty() || rest_[0] != '"') return ColumnOf(std::string(Word()));
      std::optional<std::string> name = QuotedText('"');
      if (!name) return Bad("unfinished name");
      return ColumnOf(*name);
    }
    if (kind == "request") {
      std::optional<RequestPart> part = RequestPartNamed(Word());
      if (!part) return Bad("unknown request part");
      return RequestOf(*part);
    }
    std::optional<uint32_t> index = Index();
    if (!index) return Bad("index expected");
    if (kind == "binding") return BindingOf(*index);
    std::optional<ExpandOutput> output = ExpandOutputNamed(Word());
    if (!output) return Bad("unknown output");
    return ExpandOf(*index, *output);
  }

  std::string_view rest_;
};

void PrintTo(std::string& out, const Expr& expr) {
  std::visit(Match{
                 [&](const Literal& e) { out += PrintLiteral(e.value.view()); },
                 [&](const Column& e) {
                   out += fmt::format("(column {})", IsPlainName(e.name) ? e.name : Quoted(e.name, '"'));
                 },
                 [&](const Expand& e) { out += fmt::format("(expand {} {})", e.function, Name(e.output)); },
                 [&](const Binding& e) { out += fmt::format("(binding {})", e.index); },
                 [&](const Request& e) { out += fmt::format("(request {})", Name(e.part)); },
                 [&](const Call& e) {
                   out += '(';
                   out += e.callee.name();
                   for (const Expr& arg : e.args) {
                     out += ' ';
                     PrintTo(out, arg);
                   }
                   out += ')';
                 },
             },
             expr.node);
}

}  // namespace

std::string PrintLiteral(value::Value v) {
  switch (v.type()) {
    case value::Type::Null: return "NULL";
    case value::Type::Integer: return std::to_string(v.integer());
    case value::Type::Real: return RealText(v.real());
    case value::Type::Blob: return "X'" + Hex(v.bytes()) + "'";
    case value::Type::Text: break;
  }
  bool control = std::any_of(v.bytes().begin(), v.bytes().end(), [](char c) { return c >= 0 && c < ' '; });
  return control ? "T'" + Hex(v.bytes()) + "'" : Quoted(v.bytes(), '\'');
}

std::string Print(const Expr& expr) {
  std::string out;
  PrintTo(out, expr);
  return out;
}

Result<Expr> Parse(std::string_view text) { return Reader(text).ReadAll(); }

}  // namespace bulkhead::vm
