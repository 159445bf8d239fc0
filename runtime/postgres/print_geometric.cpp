// Points and what is made of them.
#include "runtime/postgres/numbers.h"
#include "runtime/postgres/print.h"

namespace bulkhead::postgres {
namespace {

constexpr size_t PointBytes = 16;

void PrintPoints(Reader& reader, size_t count, std::string& out) {
  for (size_t i = 0; i < count; ++i) {
    if (i) out += ',';
    PrintPoint(reader, out);
  }
}

}  // namespace

void PrintPoint(Reader& reader, std::string& out) {
  out += '(';
  AppendReal(out, reader.TakeDouble());
  out += ',';
  AppendReal(out, reader.TakeDouble());
  out += ')';
}

void PrintSegment(Reader& reader, std::string& out) {
  out += '[';
  PrintPoints(reader, 2, out);
  out += ']';
}

void PrintPath(Reader& reader, std::string& out) {
  bool closed = reader.Take<uint8_t>() != 0;
  out += closed ? '(' : '[';
  PrintPoints(reader, reader.TakeCount(PointBytes), out);
  out += closed ? ')' : ']';
}

void PrintBox(Reader& reader, std::string& out) {
  PrintPoints(reader, 2, out);
}

void PrintPolygon(Reader& reader, std::string& out) {
  out += '(';
  PrintPoints(reader, reader.TakeCount(PointBytes), out);
  out += ')';
}

void PrintLine(Reader& reader, std::string& out) {
  out += '{';
  for (int i = 0; i < 3; ++i) {
    if (i) out += ',';
    AppendReal(out, reader.TakeDouble());
  }
  out += '}';
}

void PrintCircle(Reader& reader, std::string& out) {
  out += '<';
  PrintPoint(reader, out);
  out += ',';
  AppendReal(out, reader.TakeDouble());
  out += '>';
}

}  // namespace bulkhead::postgres
