#include "runtime/postgres/types.h"

namespace bulkhead::postgres {
namespace {

using T = TextRule;
using B = BinaryRule;

// From pg_type of PostgreSQL 15; oids below 10000 never change.
constexpr BuiltinType Builtin[] = {
    {16, 1000, "bool", T::Bool, B::Bool, "1 or 0"},
    {17, 1001, "bytea", T::Bytea, B::Bytea, "the bytes; in text the server must print hexadecimal"},
    {18, 1002, "char", T::Verbatim, B::Char, "one byte; empty for 0, octal from 128 on"},
    {19, 1003, "name", T::Verbatim, B::Text, "an identifier"},
    {20, 1016, "int8", T::Int8, B::Int8, "64 bits"},
    {21, 1005, "int2", T::Int2, B::Int2, "16 bits"},
    {22, 1006, "int2vector", T::Verbatim, B::Int2Vector, "numbers with spaces between them"},
    {23, 1007, "int4", T::Int4, B::Int4, "32 bits"},
    {24, 1008, "regproc", T::Verbatim, B::None, "a name"},
    {25, 1009, "text", T::Verbatim, B::Text, "text"},
    {26, 1028, "oid", T::Oid, B::UInt4, "32 bits without sign"},
    {27, 1010, "tid", T::Verbatim, B::RowPlace, "(block,row)"},
    {28, 1011, "xid", T::Verbatim, B::UInt4, "a transaction, as text"},
    {29, 1012, "cid", T::Verbatim, B::UInt4, "a command, as text"},
    {30, 1013, "oidvector", T::Verbatim, B::OidVector, "numbers with spaces between them"},
    {114, 199, "json", T::Json, B::Text, "the text as it was written"},
    {142, 143, "xml", T::Verbatim, B::Text, "the text as it was written"},
    {600, 1017, "point", T::Verbatim, B::Point, "(x,y)"},
    {601, 1018, "lseg", T::Verbatim, B::Segment, "[(x,y),(x,y)]"},
    {602, 1019, "path", T::Verbatim, B::Path, "((x,y),…) closed, [(x,y),…] open"},
    {603, 1020, "box", T::Verbatim, B::Box, "(x,y),(x,y): upper right, lower left"},
    {604, 1027, "polygon", T::Verbatim, B::Polygon, "((x,y),…)"},
    {628, 629, "line", T::Verbatim, B::Line, "{A,B,C}"},
    {650, 651, "cidr", T::Verbatim, B::Inet, "address/bits"},
    {700, 1021, "float4", T::Real, B::Float4, "the double that the shortest text reads as; NaN is NULL"},
    {701, 1022, "float8", T::Real, B::Float8, "a double; NaN is NULL"},
    {705, 0, "unknown", T::Verbatim, B::Text, "text"},
    {718, 719, "circle", T::Verbatim, B::Circle, "<(x,y),r>"},
    {774, 775, "macaddr8", T::Verbatim, B::MacAddress, "08:00:2b:01:02:03:04:05"},
    {790, 791, "money", T::Verbatim, B::Money, "$1,234.50; binary as lc_monetary = C prints it"},
    {829, 1040, "macaddr", T::Verbatim, B::MacAddress, "08:00:2b:01:02:03"},
    {869, 1041, "inet", T::Verbatim, B::Inet, "address, with /bits if not one host"},
    {1033, 1034, "aclitem", T::Verbatim, B::None, "grantee=privileges/grantor"},
    {1042, 1014, "bpchar", T::Verbatim, B::Text, "text, padded with spaces"},
    {1043, 1015, "varchar", T::Verbatim, B::Text, "text"},
    {1082, 1182, "date", T::Date, B::Date, "2024-02-29; infinity is 9999-12-31, -infinity 0000-01-01"},
    {1083, 1183, "time", T::Verbatim, B::Time, "13:47:12.5"},
    {1114, 1115, "timestamp", T::Timestamp, B::Timestamp,
     "2024-02-29T13:47:12.500000; NULL outside the years 1 to 9999"},
    {1184, 1185, "timestamptz", T::TimestampTz, B::TimestampTz,
     "2024-02-29T13:47:12.500000Z; NULL outside the years 1 to 9999"},
    {1186, 1187, "interval", T::Verbatim, B::Interval, "1 year 2 mons 3 days 04:05:06"},
    {1266, 1270, "timetz", T::Verbatim, B::TimeTz, "13:47:12.5+02"},
    {1560, 1561, "bit", T::Verbatim, B::Bits, "0101"},
    {1562, 1563, "varbit", T::Verbatim, B::Bits, "0101"},
    {1700, 1231, "numeric", T::Verbatim, B::Numeric, "text with all its digits"},
    {1790, 2201, "refcursor", T::Verbatim, B::Text, "a name"},
    {2202, 2207, "regprocedure", T::Verbatim, B::None, "a name"},
    {2203, 2208, "regoper", T::Verbatim, B::None, "a name"},
    {2204, 2209, "regoperator", T::Verbatim, B::None, "a name"},
    {2205, 2210, "regclass", T::Verbatim, B::None, "a name"},
    {2206, 2211, "regtype", T::Verbatim, B::None, "a name"},
    {2249, 2287, "record", T::Verbatim, B::Record, "(a,b) as the server prints it"},
    {2275, 1263, "cstring", T::Verbatim, B::Text, "text"},
    {2950, 2951, "uuid", T::Verbatim, B::Uuid, "36 characters, lower case"},
    {2970, 2949, "txid_snapshot", T::Verbatim, B::Snapshot, "xmin:xmax:xip,…"},
    {3220, 3221, "pg_lsn", T::Lsn, B::Lsn, "00000000/016B3748: sorts as the log does"},
    {3614, 3643, "tsvector", T::Verbatim, B::TextSearch, "'word':1A,2 …"},
    {3615, 3645, "tsquery", T::Verbatim, B::None, "'a' & 'b'"},
    {3734, 3735, "regconfig", T::Verbatim, B::None, "a name"},
    {3769, 3770, "regdictionary", T::Verbatim, B::None, "a name"},
    {3802, 3807, "jsonb", T::Json, B::Versioned, "the text as the server prints it"},
    {4072, 4073, "jsonpath", T::Verbatim, B::Versioned, "$.\"a\""},
    {4089, 4090, "regnamespace", T::Verbatim, B::None, "a name"},
    {4096, 4097, "regrole", T::Verbatim, B::None, "a name"},
    {4191, 4192, "regcollation", T::Verbatim, B::None, "a name"},
    {5038, 5039, "pg_snapshot", T::Verbatim, B::Snapshot, "xmin:xmax:xip,…"},
    {5069, 271, "xid8", T::Verbatim, B::UInt8, "a transaction, as text"},
};

constexpr BuiltinType Extension[] = {
    {0, 0, "citext", T::Verbatim, B::Text, "text"},
    {0, 0, "hstore", T::Verbatim, B::KeyValues, "\"key\"=>\"value\", …"},
    {0, 0, "vector", T::Verbatim, B::Vector, "[1,2.5]"},
    {0, 0, "ltree", T::Verbatim, B::Versioned, "a.b.c"},
    {0, 0, "lquery", T::Verbatim, B::Versioned, "a.*.c"},
    {0, 0, "ltxtquery", T::Verbatim, B::Versioned, "a & b"},
    {0, 0, "geometry", T::Verbatim, B::Geometry, "EWKB in hexadecimal: what st_asgeojson and its like take"},
    {0, 0, "geography", T::Verbatim, B::Geometry, "EWKB in hexadecimal: what st_asgeojson and its like take"},
};

constexpr BuiltinRange Ranges[] = {
    {3904, 3905, "int4range", 23, 4451, 6150, "int4multirange"},
    {3906, 3907, "numrange", 1700, 4532, 6151, "nummultirange"},
    {3908, 3909, "tsrange", 1114, 4533, 6152, "tsmultirange"},
    {3910, 3911, "tstzrange", 1184, 4534, 6153, "tstzmultirange"},
    {3912, 3913, "daterange", 1082, 4535, 6155, "datemultirange"},
    {3926, 3927, "int8range", 20, 4536, 6157, "int8multirange"},
};

}  // namespace

std::span<const BuiltinType> BuiltinTypes() {
  return Builtin;
}
std::span<const BuiltinType> ExtensionTypes() {
  return Extension;
}
std::span<const BuiltinRange> BuiltinRanges() {
  return Ranges;
}

}  // namespace bulkhead::postgres
