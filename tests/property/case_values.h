// Small domains of values: small so that joins hit, odd so that quoting, NULL and types are met.
#pragma once

#include <string>

#include "runtime/value/value.h"
#include "tests/property/rules_case.h"
#include "tests/property/vm_random.h"

namespace bulkhead::testing {

// Never NULL. The k-th value of a key domain (of KeyCount) is the same text for every caller.
value::OwnedValue ValueIn(Random& random, const Case& c, const Domain& domain);
inline constexpr size_t KeyCount = 6;
value::OwnedValue KeyValue(const CaseTable& table, size_t table_index, size_t k);

// The value as JSON (null, number, string) and as a SQL literal.
std::string JsonOf(const value::OwnedValue& v);
std::string SqlOf(const value::OwnedValue& v);

// A JSON array of values of the domain, sometimes with nulls, sometimes a lone value or an object: what json_each
// accepts. `plain` leaves the last two out.
std::string ArrayIn(Random& random, const Case& c, const Domain& element, bool plain);

// The domain of an Array's elements.
Domain ElementOf(const Domain& array);

}  // namespace bulkhead::testing
