// Values as bytes that sort as the values do.
#pragma once

#include <string>
#include <string_view>

#include "runtime/value/value.h"

namespace bulkhead::dataflow {

// Appends bytes such that, for rows encoded by the same terms, byte order is the order of value::Compare,
// term by term; `descending` turns it round. NULLs come first, or last, whichever way the rest goes.
// Self-delimiting. 1 and 1.0 give equal bytes.
void AppendOrdered(std::string& out, value::Value v, bool descending, bool nulls_last);

}  // namespace bulkhead::dataflow
