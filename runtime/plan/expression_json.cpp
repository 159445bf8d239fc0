#include "runtime/plan/expression_json.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/base/hash.h"
#include "runtime/base/id.h"
#include "runtime/base/limits.h"

namespace bulkhead::plan {
namespace {

using nlohmann::json;
using value::Value;

std::string Hex(std::string_view bytes) {
  return HexLower(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

std::optional<std::string> Unhex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    auto high = HexDigit(hex[i]), low = HexDigit(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<char>(*high * 16 + *low));
  }
  return bytes;
}

json LiteralToJson(Value v) {
  switch (v.type()) {
    case value::Type::Null: return nullptr;
    case value::Type::Integer: return v.integer();
    case value::Type::Real: {
      char text[64];
      auto end = std::to_chars(text, text + sizeof text, v.real()).ptr;
      return json::array({"real", std::string(text, end)});
    }
    case value::Type::Text:
      if (IsUtf8(v.bytes())) return std::string(v.bytes());
      return json::array({"text", Hex(v.bytes())});
    case value::Type::Blob: return json::array({"blob", Hex(v.bytes())});
  }
  return nullptr;
}

Error Invalid(std::string message) { return {Code::InvalidPlan, std::move(message)}; }

Result<vm::Expr> ReadReal(const std::string& text) {
  double v = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size() || v != v) {
    return Invalid(fmt::format("`{}` is not a real number", text));
  }
  return vm::Real(v);
}

// The forms of two strings; nothing when `kind` names none of them.
std::optional<Result<vm::Expr>> ReadNamed(const std::string& kind, const std::string& text) {
  if (kind == "real") return ReadReal(text);
  if (kind == "blob" || kind == "text") {
    auto bytes = Unhex(text);
    if (!bytes) return Result<vm::Expr>(Invalid(fmt::format("`{}` is not hexadecimal", text)));
    return Result<vm::Expr>(kind == "blob" ? vm::Blob(*bytes) : vm::Text(*bytes));
  }
  if (kind == "column") return Result<vm::Expr>(vm::ColumnOf(text));
  if (kind == "request") {
    auto part = vm::RequestPartNamed(text);
    if (!part) return Result<vm::Expr>(Invalid(fmt::format("the request has no part `{}`", text)));
    return Result<vm::Expr>(vm::RequestOf(*part));
  }
  return std::nullopt;
}

bool IsIndex(const json& item) { return item.is_number_unsigned() && item.get<uint64_t>() < UINT32_MAX; }

std::optional<Result<vm::Expr>> ReadLeaf(const json& array) {
  const auto& kind = array[0].get_ref<const std::string&>();
  if (kind == "expand") {
    if (array.size() != 3 || !IsIndex(array[1]) || !array[2].is_string()) {
      return Result<vm::Expr>(Invalid("`expand` takes a number and a name"));
    }
    auto output = vm::ExpandOutputNamed(array[2].get_ref<const std::string&>());
    if (!output) return Result<vm::Expr>(Invalid("`expand` names no output of a table function"));
    return Result<vm::Expr>(vm::ExpandOf(array[1].get<uint32_t>(), *output));
  }
  if (kind == "binding") {
    if (array.size() != 2 || !IsIndex(array[1])) return Result<vm::Expr>(Invalid("`binding` takes a number"));
    return Result<vm::Expr>(vm::BindingOf(array[1].get<uint32_t>()));
  }
  bool named = kind == "real" || kind == "blob" || kind == "text" || kind == "column" || kind == "request";
  if (!named) return std::nullopt;
  if (array.size() != 2 || !array[1].is_string()) {
    return Result<vm::Expr>(Invalid(fmt::format("`{}` takes a string", kind)));
  }
  return ReadNamed(kind, array[1].get_ref<const std::string&>());
}

Result<vm::Expr> Read(const json& item, size_t depth) {
  if (depth > limits::ExpressionDepthMax) return Invalid("expression is nested too deeply");
  if (item.is_null()) return vm::Null();
  if (item.is_string()) return vm::Text(item.get_ref<const std::string&>());
  if (item.is_number_integer()) {
    if (item.is_number_unsigned() && item.get<uint64_t>() > INT64_MAX) return Invalid("integer is out of range");
    return vm::Integer(item.get<int64_t>());
  }
  if (!item.is_array() || item.empty() || !item[0].is_string()) {
    return Invalid("an expression is null, an integer, a string or an array that starts with a name");
  }
  if (auto leaf = ReadLeaf(item)) return std::move(*leaf);
  const auto& name = item[0].get_ref<const std::string&>();
  auto callee = vm::Callee::Find(name, item.size() - 1);
  if (!callee) return Invalid(fmt::format("no function or operator `{}` takes {} arguments", name, item.size() - 1));
  std::vector<vm::Expr> args;
  args.reserve(item.size() - 1);
  for (size_t i = 1; i < item.size(); ++i) {
    BULKHEAD_TRY(vm::Expr arg, Read(item[i], depth + 1));
    args.push_back(std::move(arg));
  }
  return vm::Apply(*callee, std::move(args));
}

}  // namespace

bool IsUtf8(std::string_view text) {
  size_t i = 0;
  auto continues = [&](size_t at, uint8_t low, uint8_t high) {
    return at < text.size() && static_cast<uint8_t>(text[at]) >= low && static_cast<uint8_t>(text[at]) <= high;
  };
  while (i < text.size()) {
    auto c = static_cast<uint8_t>(text[i]);
    size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 9;
    if (more == 9) return false;
    // Overlong forms, surrogates and what is past U+10FFFF show in the second byte.
    uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (more > 0 && !continues(i + 1, low, high)) return false;
    for (size_t k = 2; k <= more; ++k) {
      if (!continues(i + k, 0x80, 0xbf)) return false;
    }
    i += 1 + more;
  }
  return true;
}

json ToJson(const vm::Expr& expr) {
  return std::visit(
      Match{
          [](const vm::Literal& e) { return LiteralToJson(e.value.view()); },
          [](const vm::Column& e) { return json::array({"column", e.name}); },
          [](const vm::Expand& e) { return json::array({"expand", e.function, std::string(Name(e.output))}); },
          [](const vm::Binding& e) { return json::array({"binding", e.index}); },
          [](const vm::Request& e) { return json::array({"request", std::string(Name(e.part))}); },
          [](const vm::Call& e) {
            json call = json::array({std::string(e.callee.name())});
            for (const vm::Expr& arg : e.args) call.push_back(ToJson(arg));
            return call;
          },
      },
      expr.node);
}

Result<vm::Expr> ExprFromJson(const json& item) { return Read(item, 1); }

}  // namespace bulkhead::plan
