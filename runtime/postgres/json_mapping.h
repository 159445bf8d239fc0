// Arrays, composites and ranges in text format, as JSON. Private to the module.
#pragma once

#include <string_view>

#include "runtime/base/result.h"
#include "runtime/postgres/catalog.h"
#include "runtime/postgres/mapper.h"
#include "runtime/value/arena.h"

namespace bulkhead::postgres {

inline constexpr std::string_view EmptyRange = "empty";

Error Malformed(const Type& type, std::string_view reason);
Error TooDeep(const Type& type);
Error TooLarge();

class JsonMapping {
 public:
  JsonMapping(Mapper& mapper, value::Arena& arena) : mapper_(mapper), arena_(arena) {}
  // Appends the value to the mapper's JSON.
  Status Write(const Type& type, std::string_view text, size_t depth = 0);

 private:
  Status WriteScalar(const Type& type, std::string_view text);
  Status WriteArray(const Type& type, std::string_view text, size_t depth);
  Status WriteDimension(const Type& type, std::string_view& rest, size_t dimension, size_t depth);
  Status WriteComposite(const Type& type, std::string_view text, size_t depth);
  Status WriteRange(const Type& type, std::string_view& rest, size_t depth);
  Status WriteMultirange(const Type& type, std::string_view text, size_t depth);
  // Why a token could not be taken.
  Error Broken(const Type& type) const;
  bool IsBinary(uint32_t oid) const;
  const Type& Find(uint32_t oid) const { return mapper_.catalog_.Find(oid); }
  value::JsonWriter& json() { return mapper_.json_; }

  Mapper& mapper_;
  value::Arena& arena_;
};

}  // namespace bulkhead::postgres
