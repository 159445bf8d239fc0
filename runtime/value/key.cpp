#include "runtime/value/key.h"

#include <cmath>
#include <cstring>

#include "runtime/base/hash.h"
#include "runtime/value/convert.h"
#include "runtime/value/utf8.h"

namespace bulkhead::value {
namespace {

enum class Tag : uint8_t { Null, Integer, Real, Text, Blob };

constexpr size_t VarintBytesMax = 10;

size_t WriteVarint(char* out, uint64_t v) {
  size_t size = 0;
  for (; v >= 0x80; v >>= 7) out[size++] = static_cast<char>(v | 0x80);
  out[size++] = static_cast<char>(v);
  return size;
}

// Refuses padded forms: one number, one encoding.
bool ReadVarint(std::string_view& in, uint64_t& v) {
  v = 0;
  for (size_t i = 0; i < VarintBytesMax && i < in.size(); ++i) {
    uint64_t byte = static_cast<uint8_t>(in[i]);
    if (i == 9 && byte > 1) return false;
    v |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      if (byte == 0 && i > 0) return false;
      in.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

uint64_t Zigzag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
int64_t Unzigzag(uint64_t v) { return static_cast<int64_t>((v >> 1) ^ (0 - (v & 1))); }

void AppendTagged(std::string& out, Tag tag, uint64_t v) {
  char bytes[1 + VarintBytesMax];
  bytes[0] = static_cast<char>(tag);
  out.append(bytes, 1 + WriteVarint(bytes + 1, v));
}

void AppendReal(std::string& out, double v) {
  uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  char bytes[9] = {static_cast<char>(Tag::Real)};
  for (int i = 0; i < 8; ++i) bytes[1 + i] = static_cast<char>(bits >> (56 - 8 * i));
  out.append(bytes, sizeof bytes);
}

bool ReadReal(std::string_view& in, Value& v) {
  if (in.size() < 8) return false;
  uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | static_cast<uint8_t>(in[i]);
  double real;
  std::memcpy(&real, &bits, sizeof real);
  if (std::isnan(real) || ExactInteger(real)) return false;
  in.remove_prefix(8);
  v = Value::Real(real);
  return true;
}

}  // namespace

Value Canonical(Value v) {
  if (v.type() != Type::Real) return v;
  std::optional<int64_t> integer = ExactInteger(v.real());
  return integer ? Value::Integer(*integer) : v;
}

void AppendKey(std::string& out, Value v) {
  v = Canonical(v);
  switch (v.type()) {
    case Type::Null: out += static_cast<char>(Tag::Null); break;
    case Type::Integer: AppendTagged(out, Tag::Integer, Zigzag(v.integer())); break;
    case Type::Real: AppendReal(out, v.real()); break;
    case Type::Text:
    case Type::Blob:
      AppendTagged(out, v.type() == Type::Text ? Tag::Text : Tag::Blob, v.bytes().size());
      out += v.bytes();
      break;
  }
}

void AppendKey(std::string& out, std::span<const Value> values) {
  for (Value v : values) AppendKey(out, v);
}

std::string EncodeKey(std::span<const Value> values) {
  std::string out;
  AppendKey(out, values);
  return out;
}

bool ReadKey(std::string_view& key, Value& v) {
  if (key.empty()) return false;
  Tag tag = static_cast<Tag>(key[0]);
  key.remove_prefix(1);
  uint64_t number;
  switch (tag) {
    case Tag::Null: v = Value::Null(); return true;
    case Tag::Integer:
      if (!ReadVarint(key, number)) return false;
      v = Value::Integer(Unzigzag(number));
      return true;
    case Tag::Real: return ReadReal(key, v);
    case Tag::Text:
    case Tag::Blob:
      if (!ReadVarint(key, number) || number > key.size() || number > UINT32_MAX) return false;
      v = tag == Tag::Text ? Value::Text(key.substr(0, number)) : Value::Blob(key.substr(0, number));
      key.remove_prefix(number);
      return true;
  }
  return false;
}

Result<std::vector<Value>> DecodeKey(std::string_view key) {
  std::vector<Value> values;
  while (!key.empty()) {
    Value v;
    if (!ReadKey(key, v)) return Error{Code::InvalidData, "malformed key bytes"};
    values.push_back(v);
  }
  return values;
}

void WriteKeyText(JsonWriter& out, std::span<const Value> values) {
  out.Raw('[');
  for (size_t i = 0; i < values.size(); ++i) {
    if (i) out.Raw(',');
    Value v = Canonical(values[i]);
    if (v.type() == Type::Text && !IsUtf8(v.bytes())) {
      // The writer would repair it, and two keys could become one name.
      out.Raw("{\"$text\":\"");
      out.Raw(HexLower(reinterpret_cast<const uint8_t*>(v.bytes().data()), v.bytes().size()));
      out.Raw("\"}");
    } else {
      out.AddPlain(v);
    }
  }
  out.Raw(']');
}

std::string KeyText(std::span<const Value> values) {
  JsonWriter out;
  WriteKeyText(out, values);
  return out.str();
}

}  // namespace bulkhead::value
