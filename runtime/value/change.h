// What a source tells the engine: rows by table and key, in transactions.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/value/value.h"

namespace bulkhead::value {

// The column names of a row, in order. Rows of one table share one shape until its schema changes, so that
// everything derived from names (slots, JSON keys) is computed once per shape.
struct RowShape {
  std::vector<std::string> columns;
};

// One row as the source holds it now. Valid only during the call it is passed to.
struct RowView {
  std::shared_ptr<const RowShape> shape;  // never null
  std::span<const Value> values;          // one per column of the shape
};

// Receives one source transaction. Calls come from one thread. Tables are named as in the plan ("tasks",
// "billing.invoices"); tables the plan does not read are ignored. Keys are in the order of plan::Table::key.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  // The row's new state, whether it existed before or not. A changed key is Delete(old), Upsert(new).
  virtual Status Upsert(std::string_view table, std::span<const Value> key, const RowView& row) = 0;
  virtual Status Delete(std::string_view table, std::span<const Value> key) = 0;
  virtual Status Truncate(std::string_view table) = 0;
  // A row that exists but cannot be read (bad UTF-8, NULL key, a value out of range). It is reported and treated
  // as absent; nothing else stops. `key_text` is for people.
  virtual Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) = 0;
};

}  // namespace bulkhead::value
