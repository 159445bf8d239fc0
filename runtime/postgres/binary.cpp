// Values in binary format: printed as text, which has its own mapping, or taken directly where that is the
// same.
#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/postgres/json_mapping.h"
#include "runtime/postgres/literal.h"
#include "runtime/postgres/mapper.h"
#include "runtime/postgres/print.h"
#include "runtime/value/utf8.h"

namespace bulkhead::postgres {
namespace {

using value::Value;

// A dimension's size and first index.
struct Dimension {
  size_t size;
  int32_t first;
};

constexpr int32_t NullSize = -1;

class Printer {
 public:
  Printer(const Catalog& catalog, std::string& out) : catalog_(catalog), out_(out) {}

  Status Print(const Type& type, std::string_view bytes, size_t depth) {
    if (depth > limits::PostgresTypeDepthMax) return TooDeep(type);
    if (out_.size() > limits::ValueBytesMax) return TooLarge();
    Reader reader(bytes);
    BULKHEAD_CHECK_OK(PrintKind(type, reader, depth));
    if (!reader.complete())
      return Malformed(type, fmt::format("{} bytes that are no value of it", bytes.size()));
    return Ok();
  }

 private:
  Status PrintKind(const Type& type, Reader& reader, size_t depth) {
    switch (type.kind) {
      case Kind::Domain:
        return Print(catalog_.Find(type.element), reader.TakeRest(), depth + 1);
      case Kind::Array:
        return PrintArray(type, reader, depth);
      case Kind::Composite:
        return PrintRecord(reader, depth);
      case Kind::Range:
        return PrintRange(type, reader, depth);
      case Kind::Multirange:
        return PrintMultirange(type, reader, depth);
      case Kind::Base:
      case Kind::Enum:
        break;
    }
    if (type.binary == BinaryRule::Record) return PrintRecord(reader, depth);
    if (type.binary == BinaryRule::None) {
      return Error{Code::Unsupported, fmt::format("`{}`: only its text format can be read", type.name)};
    }
    PrintScalar(type.binary, reader, out_);
    return Ok();
  }

  // Prints a part and gives the text to `append`, which quotes it.
  template <typename Append>
  Status PrintPart(const Type& type, int32_t size, Reader& reader, size_t depth, const Append& append) {
    if (size < 0) return reader.Fail(), Ok();
    std::string part;
    BULKHEAD_CHECK_OK(
        Printer(catalog_, part).Print(type, reader.TakeBytes(static_cast<size_t>(size)), depth + 1));
    if (!reader.bad()) append(part);
    return out_.size() > limits::ValueBytesMax ? Status(TooLarge()) : Ok();
  }

  Status PrintArray(const Type& type, Reader& reader, size_t depth) {
    constexpr size_t DimensionBytes = 8;
    size_t dimensions = reader.TakeCount(DimensionBytes);
    reader.Take<int32_t>();  // Whether there are NULLs.
    uint32_t element = reader.Take<uint32_t>();
    if (reader.bad()) return Ok();
    if (element != type.element)
      return Malformed(type, fmt::format("its elements are of another type, oid {}", element));
    if (dimensions > limits::PostgresArrayDimensionsMax) return TooDeep(type);
    std::vector<Dimension> sizes(dimensions);
    size_t count = dimensions ? 1 : 0;
    bool shifted = false;
    for (Dimension& dimension : sizes) {
      // Each element takes at least its size; a dimension without elements makes the array empty.
      dimension.size = static_cast<uint32_t>(reader.Take<int32_t>());
      dimension.first = reader.Take<int32_t>();
      if (dimension.size > limits::ValueBytesMax) reader.Fail();
      count = reader.bad() ? 0 : count * dimension.size;
      if (count > limits::ValueBytesMax) reader.Fail();
      shifted = shifted || dimension.first != 1;
    }
    if (reader.bad() || count > reader.size() / sizeof(int32_t)) return reader.Fail(), Ok();
    if (!count) return out_ += "{}", Ok();
    if (shifted) AppendBounds(sizes);
    return PrintDimension(type, reader, sizes, 0, depth);
  }
  void AppendBounds(const std::vector<Dimension>& sizes) {
    for (const Dimension& dimension : sizes) {
      int64_t last = int64_t{dimension.first} + static_cast<int64_t>(dimension.size) - 1;
      fmt::format_to(std::back_inserter(out_), "[{}:{}]", dimension.first, last);
    }
    out_ += '=';
  }
  Status PrintDimension(const Type& type, Reader& reader, const std::vector<Dimension>& sizes, size_t place,
                        size_t depth) {
    const Type& element = catalog_.Find(type.element);
    out_ += '{';
    for (size_t i = 0; i < sizes[place].size; ++i) {
      if (i) out_ += type.delimiter;
      if (place + 1 < sizes.size()) {
        BULKHEAD_CHECK_OK(PrintDimension(type, reader, sizes, place + 1, depth));
      } else if (int32_t size = reader.Take<int32_t>(); size == NullSize) {
        out_ += "NULL";
      } else {
        auto append = [&](const std::string& part) { AppendElement(out_, part, type.delimiter); };
        BULKHEAD_CHECK_OK(PrintPart(element, size, reader, depth, append));
      }
      if (reader.bad()) return Ok();
    }
    out_ += '}';
    return Ok();
  }

  Status PrintRecord(Reader& reader, size_t depth) {
    constexpr size_t FieldBytesMin = 8;
    size_t count = reader.TakeCount(FieldBytesMin);
    out_ += '(';
    for (size_t i = 0; i < count && !reader.bad(); ++i) {
      if (i) out_ += ',';
      const Type& type = catalog_.Find(reader.Take<uint32_t>());
      int32_t size = reader.Take<int32_t>();
      if (size == NullSize) continue;
      BULKHEAD_CHECK_OK(
          PrintPart(type, size, reader, depth, [&](const std::string& part) { AppendField(out_, part); }));
    }
    out_ += ')';
    return Ok();
  }

  Status PrintRange(const Type& type, Reader& reader, size_t depth) {
    enum : uint8_t {
      Empty = 1,
      LowerInclusive = 2,
      UpperInclusive = 4,
      LowerInfinite = 8,
      UpperInfinite = 16
    };
    uint8_t flags = reader.Take<uint8_t>();
    if (flags & Empty) return out_ += EmptyRange, Ok();
    const Type& element = catalog_.Find(type.element);
    auto append = [&](const std::string& part) { AppendBound(out_, part); };
    out_ += flags & LowerInclusive ? '[' : '(';
    if (!(flags & LowerInfinite))
      BULKHEAD_CHECK_OK(PrintPart(element, reader.Take<int32_t>(), reader, depth, append));
    out_ += ',';
    if (!(flags & UpperInfinite))
      BULKHEAD_CHECK_OK(PrintPart(element, reader.Take<int32_t>(), reader, depth, append));
    out_ += flags & UpperInclusive ? ']' : ')';
    return Ok();
  }

  Status PrintMultirange(const Type& type, Reader& reader, size_t depth) {
    constexpr size_t RangeBytesMin = 5;
    size_t count = reader.TakeCount(RangeBytesMin);
    out_ += '{';
    for (size_t i = 0; i < count && !reader.bad(); ++i) {
      if (i) out_ += ',';
      auto append = [&](const std::string& part) { out_ += part; };
      BULKHEAD_CHECK_OK(
          PrintPart(catalog_.Find(type.element), reader.Take<int32_t>(), reader, depth, append));
    }
    out_ += '}';
    return Ok();
  }

  const Catalog& catalog_;
  std::string& out_;
};

// Values whose bytes are the result: the same as through their text, without making it.
bool TakeDirectly(const Type& type, std::string_view bytes, Value& v) {
  if (type.kind != Kind::Base) return false;
  Reader reader(bytes);
  switch (type.binary) {
    case BinaryRule::Int2:
      v = Value::Integer(reader.Take<int16_t>());
      break;
    case BinaryRule::Int4:
      v = Value::Integer(reader.Take<int32_t>());
      break;
    case BinaryRule::Int8:
      v = Value::Integer(reader.Take<int64_t>());
      break;
    case BinaryRule::Float8:
      v = Value::Real(reader.TakeDouble());
      break;
    case BinaryRule::Bytea:
      v = Value::Blob(reader.TakeRest());
      break;
    case BinaryRule::Text:
      v = Value::Text(reader.TakeRest());
      return value::IsUtf8(bytes);
    default:
      return false;
  }
  return reader.complete();
}

}  // namespace

Status PrintBinary(const Catalog& catalog, const Type& type, std::string_view bytes, std::string& out) {
  return Printer(catalog, out).Print(type, bytes, 0);
}

Result<Value> Mapper::FromBinary(const Type& type, std::string_view bytes, value::Arena& arena) {
  if (bytes.size() > limits::ValueBytesMax) return TooLarge();
  Value direct;
  if (TakeDirectly(type, bytes, direct)) return direct;
  text_.clear();
  BULKHEAD_CHECK_OK(PrintBinary(catalog_, type, bytes, text_));
  std::string_view copy = arena.Copy(text_);
  if (!copy.data() && !text_.empty()) return TooLarge();
  return FromText(type, copy, arena);
}

}  // namespace bulkhead::postgres
