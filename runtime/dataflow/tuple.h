// Lists of values as bytes that give the very same values back.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace bulkhead::dataflow {

// Unlike value::AppendKey, 1 and 1.0 (and 0.0 and -0.0) stay apart: what is stored here is read by expressions,
// which can tell them apart. Equal bytes iff equal types and payloads.
//   type byte (value::Type); INTEGER and REAL 8 bytes; TEXT and BLOB 4 bytes of size, then the bytes
void AppendTuple(std::string& out, value::Value v);

// Reads one value off the front, a view of `bytes`; false when malformed.
bool ReadTuple(std::string_view& bytes, value::Value& v);

}  // namespace bulkhead::dataflow
