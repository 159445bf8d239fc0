// The rows of one transaction, or of one part of a load: gathered, then applied to the store as differences.
// Private to the engine.
#pragma once

#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/engine/record.h"
#include "runtime/engine/relations.h"
#include "runtime/engine/state.h"

namespace bulkhead::engine {

class RowChanges {
 public:
  explicit RowChanges(EngineState& state) : state_(state), relations_(state) {}

  // As value::ChangeSink. A table the plan does not read is ignored.
  Status Upsert(std::string_view table, std::span<const value::Value> key, const value::RowView& row);
  Status Delete(std::string_view table, std::span<const value::Value> key);
  Status Truncate(std::string_view table);
  Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason);

  size_t rows() const { return pending_.size(); }
  size_t bytes() const { return bytes_; }  // about what is held

  // Brings the store from the rows' remembered outputs to their present ones. Operations get ids from
  // head.last_op + 1 on; head.last_op follows, by one at least when a lookup changed.
  Status Apply(store::Writer& writer, store::Head& head);
  // Takes out what is remembered of one row; for rows that did not come in a load. What that changes in relations over
  // several tables is left to ApplyRelations, to be called before the commit.
  Status ApplyDelete(store::Writer& writer, store::Head& head, uint32_t table, std::string_view key);
  Status ApplyRelations(store::Writer& writer, store::Head& head);

  // What the keys of that table's rows begin with: the name, when it is one of a wildcard's.
  static std::string KeyPrefix(dataflow::RowEvaluator::Match match, std::string_view name);

  // Of all calls of Apply since Clear.
  uint64_t operations() const { return operations_; }
  const Touched& touched() const { return touched_; }
  void Clear();

 private:
  // A row's state when the transaction ends, as encoded by Encode; only the last one counts.
  struct Pending {
    uint32_t table = 0;
    bool present = false;
    std::string key;    // value::EncodeKey
    std::string state;  // memberships, lookups and scans
  };
  struct NewMembership {
    StoredMembership stored;
    std::string_view bucket_name, data;
    uint32_t checksum = 0;
  };
  struct RowAt {
    uint32_t table;
    std::string_view key;
    std::string subkey;  // made when first needed
  };

  Status UpsertInto(dataflow::RowEvaluator::Match match, std::string_view name, std::span<const value::Value> key,
                    const value::RowView& row);
  Status DeleteFrom(dataflow::RowEvaluator::Match match, std::string_view name, std::span<const value::Value> key);
  Result<Pending*> Touch(dataflow::RowEvaluator::Match match, std::string_view name,
                         std::span<const value::Value> key);
  void Report(uint32_t table, std::span<const value::Value> key, const dataflow::RowResult& result);
  void Encode(const dataflow::RowResult& result, std::string& bytes) const;
  Status Decode(store::Writer& writer, std::string_view bytes);
  void Normalise();

  Status ApplyTruncate(store::Writer& writer, store::Head& head, uint32_t table, const std::string& prefix);
  Status ApplyRow(store::Writer& writer, store::Head& head, uint32_t table, std::string_view key,
                  std::string_view state);
  Status ApplyDerived(store::Writer& writer, store::Head& head, const Relations::Derived& table, std::string_view key,
                      std::optional<std::string_view> row);
  Status ReadOld(store::Writer& writer, uint32_t table, std::string_view key);
  Status ApplyMemberships(store::Writer& writer, store::Head& head, RowAt& row);
  Status ApplyLookups(store::Writer& writer);
  Status AdjustLookup(store::Writer& writer, const StoredLookup& entry, int delta);
  Status WriteRecord(store::Writer& writer, const store::Head& head, const RowAt& row);
  Status Put(store::Writer& writer, store::Head& head, RowAt& row, const NewMembership& membership);
  Status Remove(store::Writer& writer, store::Head& head, RowAt& row, const StoredMembership& membership);
  Status MakeSubkey(RowAt& row) const;

  EngineState& state_;
  std::vector<Pending> pending_;
  std::unordered_map<std::string, uint32_t> index_;  // table and key -> pending_
  std::set<std::pair<uint32_t, std::string>> truncated_;  // table and what its rows' keys begin with
  size_t bytes_ = 0;

  RelationChanges relations_;
  uint64_t operations_ = 0;
  bool lookups_changed_ = false;
  Touched touched_;

  // Of the row at hand, kept for their memory.
  std::string index_key_, old_bytes_, new_bytes_, derived_state_;
  std::vector<value::Value> derived_values_;
  Record old_, new_;
  std::vector<NewMembership> new_memberships_;
};

}  // namespace bulkhead::engine
