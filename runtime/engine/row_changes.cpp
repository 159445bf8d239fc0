#include "runtime/engine/row_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/engine/bytes.h"
#include "runtime/value/key.h"

namespace bulkhead::engine {
namespace {

constexpr size_t ScanPage = 1000;

void IndexKey(std::string& out, uint32_t table, std::string_view key) {
  out.assign(reinterpret_cast<const char*>(&table), sizeof table);
  out += key;
}

Error Damaged(const plan::Table& table) {
  return {Code::StorageFailed, fmt::format("the store's record of a row of `{}` is damaged", table.QualifiedName())};
}

}  // namespace

std::string RowChanges::KeyPrefix(dataflow::RowEvaluator::Match match, std::string_view name) {
  std::string prefix;
  if (match.wildcard) value::AppendKey(prefix, value::Value::Text(name));
  return prefix;
}

Status RowChanges::Upsert(std::string_view name, std::span<const value::Value> key, const value::RowView& row) {
  for (auto match : state_.rows.FindTables(name)) BULKHEAD_CHECK_OK(UpsertInto(match, name, key, row));
  return Ok();
}

Status RowChanges::UpsertInto(dataflow::RowEvaluator::Match match, std::string_view name,
                              std::span<const value::Value> key, const value::RowView& row) {
  BULKHEAD_TRY(const dataflow::RowResult* result, state_.rows.Evaluate(match.table, name, row));
  BULKHEAD_TRY(Pending * pending, Touch(match, name, key));
  pending->present = true;
  bytes_ -= pending->state.size();
  Encode(*result, pending->state);
  bytes_ += pending->state.size();
  if (!result->problems.empty()) Report(match.table, key, *result);
  return Ok();
}

Status RowChanges::Delete(std::string_view name, std::span<const value::Value> key) {
  for (auto match : state_.rows.FindTables(name)) BULKHEAD_CHECK_OK(DeleteFrom(match, name, key));
  return Ok();
}

Status RowChanges::DeleteFrom(dataflow::RowEvaluator::Match match, std::string_view name,
                              std::span<const value::Value> key) {
  BULKHEAD_TRY(Pending * pending, Touch(match, name, key));
  pending->present = false;
  bytes_ -= pending->state.size();
  pending->state.clear();
  return Ok();
}

Status RowChanges::Truncate(std::string_view name) {
  for (auto match : state_.rows.FindTables(name)) {
    std::string prefix = KeyPrefix(match, name);
    for (Pending& pending : pending_) {
      if (pending.table != match.table || !pending.key.starts_with(prefix)) continue;
      pending.present = false;
      bytes_ -= pending.state.size();
      pending.state.clear();
    }
    truncated_.emplace(match.table, std::move(prefix));
  }
  return Ok();
}

Status RowChanges::Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) {
  if (state_.options.on_problem && !state_.rows.FindTables(table).empty()) {
    state_.options.on_problem({std::string(table), std::string(key_text), "", std::string(reason)});
  }
  return Ok();
}

Result<RowChanges::Pending*> RowChanges::Touch(dataflow::RowEvaluator::Match match, std::string_view name,
                                               std::span<const value::Value> key) {
  const uint32_t table = match.table;
  const plan::Table& declared = state_.plan.tables[table];
  // The tables of a wildcard may have other keys than it says: each keeps its own.
  if (!match.wildcard && key.size() != declared.key.size()) {
    return Error{Code::InvalidData, fmt::format("a row of `{}` has a key of {} values, the plan says {}",
                                                declared.QualifiedName(), key.size(), declared.key.size())};
  }
  IndexKey(index_key_, table, KeyPrefix(match, name));
  value::AppendKey(index_key_, key);
  auto [entry, added] = index_.try_emplace(index_key_, static_cast<uint32_t>(pending_.size()));
  if (added) {
    pending_.push_back({table, false, index_key_.substr(sizeof table), {}});
    bytes_ += 2 * index_key_.size() + sizeof(Pending);
  }
  return &pending_[entry->second];
}

void RowChanges::Report(uint32_t table, std::span<const value::Value> key, const dataflow::RowResult& result) {
  if (!state_.options.on_problem) return;
  for (const dataflow::Problem& problem : result.problems) {
    state_.options.on_problem({TableText(state_.plan, table), value::KeyText(key),
                               PlaceOf(state_.plan, problem), std::string(problem.reason)});
  }
}

void RowChanges::Encode(const dataflow::RowResult& result, std::string& bytes) const {
  bytes.clear();
  AppendNumber(bytes, result.memberships.size());
  for (const dataflow::Membership& m : result.memberships) {
    // A type that is not interned yet stands here itself, behind a zero.
    AppendNumber(bytes, m.object_type.empty() ? state_.type_refs[m.pipeline] + 1 : 0);
    if (!m.object_type.empty()) AppendSized(bytes, m.object_type);
    AppendSized(bytes, m.bucket_name);
    AppendSized(bytes, m.object_id);
    AppendSized(bytes, m.data);
    AppendNumber(bytes, m.checksum);
    bytes.append(reinterpret_cast<const char*>(m.hash.data()), m.hash.size());
  }
  for (const dataflow::LookupEntry& l : result.lookups) {
    AppendNumber(bytes, state_.lookup_refs[l.lookup]);
    AppendSized(bytes, l.key);
    AppendSized(bytes, l.output);
  }
  if (!result.scans.empty()) AppendNumber(bytes, ScansFollow);
  for (const dataflow::ScanRow& s : result.scans) {
    AppendNumber(bytes, state_.relations.nodes[s.node].name);
    AppendSized(bytes, s.row);
  }
}

// Into new_ and new_memberships_.
Status RowChanges::Decode(store::Writer& writer, std::string_view bytes) {
  new_.Clear();
  new_memberships_.clear();
  uint64_t count = 0;
  bool read = bytes.empty() || ReadNumber(bytes, count);
  for (uint64_t i = 0; i < count && read; ++i) {
    NewMembership& m = new_memberships_.emplace_back();
    std::string_view hash, type;
    read = ReadNumber(bytes, m.stored.type) && (m.stored.type != 0 || ReadSized(bytes, type));
    if (!read) break;
    if (m.stored.type-- == 0) {
      BULKHEAD_TRY(m.stored.type, writer.Intern(type));
    }
    read = ReadSized(bytes, m.bucket_name) &&
           ReadSized(bytes, m.stored.object_id) && ReadSized(bytes, m.data) && ReadNumber(bytes, m.checksum) &&
           ReadBytes(bytes, m.stored.hash.size(), hash);
    if (!read) break;
    std::memcpy(m.stored.hash.data(), hash.data(), hash.size());
    BULKHEAD_TRY(m.stored.bucket, writer.InternBucket(m.bucket_name));
  }
  while (read && !bytes.empty()) {
    StoredLookup l;
    read = ReadNumber(bytes, l.lookup);
    if (l.lookup == ScansFollow) break;
    read = read && ReadSized(bytes, l.key) && ReadSized(bytes, l.output);
    new_.lookups.push_back(l);
  }
  while (read && !bytes.empty()) {
    StoredScan& s = new_.scans.emplace_back();
    read = ReadNumber(bytes, s.node) && ReadSized(bytes, s.row);
  }
  CHECK_INVARIANT(read, "what Encode wrote is read back");
  Normalise();
  return Ok();
}

// Sorted and each once; of several outputs with one identity the first counts, and scan rows are counted.
void RowChanges::Normalise() {
  auto before = [](const auto& a, const auto& b) { return a.Identity() < b.Identity(); };
  auto same = [](const auto& a, const auto& b) { return a.Identity() == b.Identity(); };
  if (new_memberships_.size() > 1) {
    std::stable_sort(new_memberships_.begin(), new_memberships_.end(),
                     [&](const auto& a, const auto& b) { return before(a.stored, b.stored); });
    auto end = std::unique(new_memberships_.begin(), new_memberships_.end(),
                           [&](const auto& a, const auto& b) { return same(a.stored, b.stored); });
    new_memberships_.erase(end, new_memberships_.end());
  }
  std::sort(new_.lookups.begin(), new_.lookups.end(), before);
  new_.lookups.erase(std::unique(new_.lookups.begin(), new_.lookups.end(), same), new_.lookups.end());
  for (const NewMembership& m : new_memberships_) new_.memberships.push_back(m.stored);
  std::sort(new_.scans.begin(), new_.scans.end(), before);
  size_t kept = 0;
  for (size_t i = 0; i < new_.scans.size(); ++i) {
    if (kept > 0 && same(new_.scans[kept - 1], new_.scans[i])) ++new_.scans[kept - 1].weight;
    else new_.scans[kept++] = new_.scans[i];
  }
  new_.scans.resize(kept);
}

Status RowChanges::Apply(store::Writer& writer, store::Head& head) {
  uint64_t before = head.last_op;
  lookups_changed_ = false;
  operations_ = 0;
  relations_.Clear();
  for (const auto& [table, prefix] : truncated_) BULKHEAD_CHECK_OK(ApplyTruncate(writer, head, table, prefix));
  for (const Pending& pending : pending_) {
    BULKHEAD_CHECK_OK(ApplyRow(writer, head, pending.table, pending.key, pending.state));
  }
  if (lookups_changed_ && head.last_op == before) ++head.last_op;
  return ApplyRelations(writer, head);
}

Status RowChanges::ApplyRelations(store::Writer& writer, store::Head& head) {
  uint64_t before = head.last_op;
  lookups_changed_ = false;
  auto apply = [&](const Relations::Derived& table, std::string_view key, std::optional<std::string_view> row) {
    return ApplyDerived(writer, head, table, key, row);
  };
  BULKHEAD_CHECK_OK(relations_.Push(writer, apply));
  if (lookups_changed_ && head.last_op == before) ++head.last_op;
  return Ok();
}

Status RowChanges::ApplyDelete(store::Writer& writer, store::Head& head, uint32_t table, std::string_view key) {
  uint64_t before = head.last_op;
  lookups_changed_ = false;
  BULKHEAD_CHECK_OK(ApplyRow(writer, head, table, key, {}));
  if (lookups_changed_ && head.last_op == before) ++head.last_op;
  return Ok();
}

// Rows that came again after the truncation are left to Apply, which makes their difference.
Status RowChanges::ApplyTruncate(store::Writer& writer, store::Head& head, uint32_t table, const std::string& prefix) {
  std::optional<std::string> after;
  if (!prefix.empty()) after = prefix;
  for (;;) {
    BULKHEAD_TRY(auto page, writer.ScanRecords(state_.table_refs[table], after, ScanPage));
    for (const store::Record& record : page) {
      if (!record.key.starts_with(prefix)) return Ok();
      IndexKey(index_key_, table, record.key);
      if (index_.contains(index_key_)) continue;
      BULKHEAD_CHECK_OK(ApplyRow(writer, head, table, record.key, {}));
    }
    if (page.size() < ScanPage) return Ok();
    after = std::move(page.back().key);
  }
}

Status RowChanges::ApplyDerived(store::Writer& writer, store::Head& head, const Relations::Derived& table,
                                std::string_view key, std::optional<std::string_view> row) {
  derived_state_.clear();
  if (row) {
    if (!dataflow::ReadRow(*row, derived_values_)) return Damaged(state_.plan.tables[table.table]);
    BULKHEAD_TRY(const dataflow::RowResult* result,
                 state_.rows.Evaluate(table.table, state_.plan.tables[table.table].name, {table.shape, derived_values_}));
    Encode(*result, derived_state_);
    if (!result->problems.empty()) {
      BULKHEAD_TRY(std::vector<value::Value> values, value::DecodeKey(key));
      Report(table.table, values, *result);
    }
  }
  return ApplyRow(writer, head, table.table, key, derived_state_);
}

Status RowChanges::ApplyRow(store::Writer& writer, store::Head& head, uint32_t table, std::string_view key,
                            std::string_view state) {
  BULKHEAD_CHECK_OK(ReadOld(writer, table, key));
  BULKHEAD_CHECK_OK(Decode(writer, state));
  new_.epoch = head.load_epoch;
  RowAt row{table, key, {}};
  BULKHEAD_CHECK_OK(ApplyMemberships(writer, head, row));
  BULKHEAD_CHECK_OK(ApplyLookups(writer));
  BULKHEAD_CHECK_OK(relations_.AddDifference(old_.scans, new_.scans));
  return WriteRecord(writer, head, row);
}

Status RowChanges::ReadOld(store::Writer& writer, uint32_t table, std::string_view key) {
  old_.Clear();
  BULKHEAD_TRY(bool found, writer.ReadRecord(state_.table_refs[table], key, old_bytes_));
  if (!found) old_bytes_.clear();
  if (found && !DecodeRecord(old_bytes_, old_)) return Damaged(state_.plan.tables[table]);
  return Ok();
}

// Walks both sorted lists.
Status RowChanges::ApplyMemberships(store::Writer& writer, store::Head& head, RowAt& row) {
  size_t o = 0, n = 0;
  const auto& old = old_.memberships;
  while (o < old.size() || n < new_memberships_.size()) {
    bool only_old = n == new_memberships_.size() ||
                    (o < old.size() && old[o].Identity() < new_memberships_[n].stored.Identity());
    if (only_old) {
      BULKHEAD_CHECK_OK(Remove(writer, head, row, old[o++]));
      continue;
    }
    const NewMembership& present = new_memberships_[n++];
    bool both = o < old.size() && old[o].Identity() == present.stored.Identity();
    bool unchanged = both && old[o].hash == present.stored.hash;
    if (both) ++o;
    if (!unchanged) BULKHEAD_CHECK_OK(Put(writer, head, row, present));
  }
  return Ok();
}

Status RowChanges::ApplyLookups(store::Writer& writer) {
  size_t o = 0, n = 0;
  const auto& old = old_.lookups;
  const auto& present = new_.lookups;
  while (o < old.size() || n < present.size()) {
    if (n == present.size() || (o < old.size() && old[o].Identity() < present[n].Identity())) {
      BULKHEAD_CHECK_OK(AdjustLookup(writer, old[o++], -1));
    } else if (o == old.size() || present[n].Identity() < old[o].Identity()) {
      BULKHEAD_CHECK_OK(AdjustLookup(writer, present[n++], +1));
    } else {
      ++o, ++n;
    }
  }
  return Ok();
}

Status RowChanges::AdjustLookup(store::Writer& writer, const StoredLookup& entry, int delta) {
  BULKHEAD_TRY(store::LookupChange change, writer.AdjustLookup(entry.lookup, entry.key, entry.output, delta));
  if (change == store::LookupChange::Same) return Ok();
  lookups_changed_ = true;
  if (state_.watches.lookups.empty()) return Ok();
  touched_.lookups.insert(LookupKey(entry.lookup, entry.key));
  return Ok();
}

Status RowChanges::WriteRecord(store::Writer& writer, const store::Head& head, const RowAt& row) {
  store::NameRef table = state_.table_refs[row.table];
  if (new_.empty()) return old_bytes_.empty() ? Ok() : writer.DeleteRecord(table, row.key);
  new_.epoch = head.load_epoch;
  EncodeRecord(new_, new_bytes_);
  if (new_bytes_ == old_bytes_) return Ok();
  return writer.PutRecord(table, row.key, new_bytes_);
}

Status RowChanges::Put(store::Writer& writer, store::Head& head, RowAt& row, const NewMembership& membership) {
  BULKHEAD_CHECK_OK(MakeSubkey(row));
  ++operations_;
  if (!state_.watches.sessions.empty()) {
    touched_.buckets.try_emplace(membership.stored.bucket, membership.bucket_name);
  }
  return writer.Append(membership.stored.bucket, {.op_id = ++head.last_op,
                                                  .kind = static_cast<uint8_t>(wire::OpKind::Put),
                                                  .object_type = membership.stored.type,
                                                  .object_id = membership.stored.object_id,
                                                  .subkey = row.subkey,
                                                  .data = membership.data,
                                                  .checksum = membership.checksum});
}

Status RowChanges::Remove(store::Writer& writer, store::Head& head, RowAt& row, const StoredMembership& membership) {
  BULKHEAD_CHECK_OK(MakeSubkey(row));
  ++operations_;
  if (!state_.watches.sessions.empty()) touched_.buckets.try_emplace(membership.bucket);
  return writer.Append(membership.bucket, {.op_id = ++head.last_op,
                                           .kind = static_cast<uint8_t>(wire::OpKind::Remove),
                                           .object_type = membership.type,
                                           .object_id = membership.object_id,
                                           .subkey = row.subkey,
                                           .data = {},
                                           .checksum = dataflow::RemoveChecksum(row.subkey)});
}

Status RowChanges::MakeSubkey(RowAt& row) const {
  if (!row.subkey.empty()) return Ok();
  const plan::Table& table = state_.plan.tables[row.table];
  auto key = value::DecodeKey(row.key);
  if (!key) return Damaged(table);
  row.subkey = dataflow::Subkey(table.QualifiedName(), *key);
  return Ok();
}

void RowChanges::Clear() {
  pending_.clear();
  index_.clear();
  truncated_.clear();
  relations_.Clear();
  bytes_ = 0;
  operations_ = 0;
  touched_ = {};
}

}  // namespace bulkhead::engine
