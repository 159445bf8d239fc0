// Values of every type in both formats from anywhere: no crash, results are what the rest may rely on, and
// the two formats agree. The first byte chooses options, two more the type; the rest is the value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/postgres/mapper.h"
#include "runtime/value/utf8.h"

using namespace bulkhead;
using postgres::Catalog;
using postgres::Kind;
using postgres::Mapper;
using postgres::Type;
using value::OwnedValue;
using value::Value;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

enum : uint32_t {
  First = 20000,
  Address = First,
  Addresses,
  Positive,
  FloatRange,
  FloatRanges,
  Knot,
  Tower,
  KeyValues,
  Embedding,
  Mood,
  End
};

struct World {
  World() {
    auto add = [&](uint32_t oid, const char* name, Kind kind, uint32_t element,
                   std::vector<postgres::Field> fields = {}) {
      Require(static_cast<bool>(catalog.Add({oid, name, kind, {}, {}, element, ',', std::move(fields)})));
    };
    add(Address, "address", Kind::Composite, 0,
        {{"street", 25}, {"photo", 17}, {"n", Positive}, {"spans", FloatRanges}, {"j", 3807}});
    add(Addresses, "addresses", Kind::Array, Address);
    add(Positive, "positive", Kind::Domain, 23);
    add(FloatRange, "floatrange", Kind::Range, 701);
    add(FloatRanges, "floatmultirange", Kind::Multirange, FloatRange);
    add(Knot, "knot", Kind::Array, Knot);
    add(Tower, "tower", Kind::Composite, 0, {{"next", Tower}, {"all", Knot}});
    add(KeyValues, "hstore", Kind::Base, 0);
    add(Embedding, "vector", Kind::Base, 0);
    add(Mood, "mood", Kind::Enum, 0);
    for (const postgres::BuiltinType& type : postgres::BuiltinTypes()) {
      oids.push_back(type.oid);
      if (type.array_oid) oids.push_back(type.array_oid);
    }
    for (const postgres::BuiltinRange& range : postgres::BuiltinRanges()) {
      oids.insert(oids.end(), {range.oid, range.array_oid, range.multirange_oid, range.multirange_array_oid});
    }
    for (uint32_t oid = First; oid < End; ++oid) oids.push_back(oid);
  }
  Catalog catalog;
  std::vector<uint32_t> oids;
};

void CheckResult(const World& world, const Type& type, Value v, bool custom) {
  if (v.type() != value::Type::Text) return;
  Require(value::IsUtf8(v.bytes()));
  bool structured = type.kind > Kind::Domain && (custom || !world.catalog.IsCustom(type));
  Require(!structured || v.bytes() == "empty" || value::JsonValid(v));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const World world;
  if (size < 3) return 0;
  postgres::Options options{(data[0] & 1) != 0,
                            static_cast<postgres::TimestampPrecision>((data[0] >> 1 & 3) * 3),
                            (data[0] & 8) == 0};
  const Type& type = world.catalog.Find(world.oids[(data[1] << 8 | data[2]) % world.oids.size()]);
  std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  Mapper mapper(world.catalog, options);
  value::Arena arena;
  auto from_text = mapper.FromText(type, bytes, arena);
  if (from_text) CheckResult(world, type, *from_text, options.custom_postgres_types);
  auto from_binary = mapper.FromBinary(type, bytes, arena);
  if (!from_binary) return 0;
  CheckResult(world, type, *from_binary, options.custom_postgres_types);
  std::string printed;
  Require(static_cast<bool>(PrintBinary(world.catalog, type, bytes, printed)));
  auto again = mapper.FromText(type, printed, arena);
  Require(again && OwnedValue(*again) == OwnedValue(*from_binary));
  return 0;
}
