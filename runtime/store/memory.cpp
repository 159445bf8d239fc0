#include "runtime/store/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "runtime/base/limits.h"

namespace bulkhead::store {
namespace {

struct StoredOperation {
  uint64_t op_id;
  uint8_t kind;
  NameRef object_type;
  uint32_t checksum;
  std::string object_id, subkey, data;
  size_t Bytes() const { return object_id.size() + subkey.size() + data.size(); }
};

struct StoredBucket {
  std::string name;
  BucketState state;
  std::vector<StoredOperation> operations;
};

using Outputs = std::map<std::string, int64_t, std::less<>>;
using Keyed = std::map<std::pair<NameRef, std::string>, Outputs>;

struct State {
  Head head;
  std::vector<std::string> names;
  std::unordered_map<std::string, NameRef> name_refs;
  std::vector<StoredBucket> buckets;
  std::unordered_map<std::string, BucketRef> bucket_refs;
  std::map<NameRef, std::map<std::string, std::string, std::less<>>> records;
  Keyed lookups, arrangements;

  size_t readers = 0;
  bool writing = false;
};

Error UnknownBucket(BucketRef bucket) {
  return {Code::StorageFailed, fmt::format("no bucket has the number {}", bucket)};
}

// The reading half, shared by readers (Base = Reader) and the writer.
template <typename Base>
class MemoryReads : public Base {
 public:
  explicit MemoryReads(std::shared_ptr<State> state) : state_(std::move(state)) {}

  const Head& head() const override { return state_->head; }

  std::string_view NameText(NameRef name) const override {
    return name < state_->names.size() ? std::string_view(state_->names[name]) : std::string_view();
  }
  std::optional<NameRef> FindName(std::string_view text) const override {
    auto found = state_->name_refs.find(std::string(text));
    if (found == state_->name_refs.end()) return std::nullopt;
    return found->second;
  }
  uint64_t NameCount() const override { return state_->names.size(); }

  Result<std::optional<BucketRef>> FindBucket(std::string_view name) override {
    auto found = state_->bucket_refs.find(std::string(name));
    if (found == state_->bucket_refs.end()) return std::optional<BucketRef>();
    return std::optional<BucketRef>(found->second);
  }
  Result<BucketState> Bucket(BucketRef bucket) override {
    if (bucket >= state_->buckets.size()) return UnknownBucket(bucket);
    return state_->buckets[bucket].state;
  }
  Result<std::string> BucketName(BucketRef bucket) override {
    if (bucket >= state_->buckets.size()) return UnknownBucket(bucket);
    return state_->buckets[bucket].name;
  }

  Result<bool> ReadOperations(BucketRef bucket, const ReadRange& range,
                              const std::function<void(const Operation&)>& visit) override {
    if (bucket >= state_->buckets.size()) return UnknownBucket(bucket);
    const auto& all = state_->buckets[bucket].operations;
    auto at = std::upper_bound(all.begin(), all.end(), range.after,
                               [](uint64_t after, const StoredOperation& op) { return after < op.op_id; });
    size_t count = 0, bytes = 0;
    for (; at != all.end() && at->op_id <= range.upto; ++at) {
      bytes += at->Bytes();
      if (count > 0 && (count >= range.count_max || bytes > range.bytes_max)) return true;
      ++count;
      visit({at->op_id, at->kind, at->object_type, at->object_id, at->subkey, at->data, at->checksum});
    }
    return false;
  }

  Result<bool> ReadRecord(NameRef table, std::string_view key, std::string& data) override {
    auto rows = state_->records.find(table);
    if (rows == state_->records.end()) return false;
    auto found = rows->second.find(key);
    if (found == rows->second.end()) return false;
    data = found->second;
    return true;
  }
  Result<std::vector<Record>> ScanRecords(NameRef table, const std::optional<std::string>& after,
                                          size_t count_max) override {
    std::vector<Record> found;
    auto rows = state_->records.find(table);
    if (rows == state_->records.end()) return found;
    auto at = after ? rows->second.upper_bound(*after) : rows->second.begin();
    for (; at != rows->second.end() && found.size() < count_max; ++at) found.push_back({at->first, at->second});
    return found;
  }

  Status ReadLookup(NameRef lookup, std::string_view key,
                    const std::function<bool(std::string_view)>& visit) override {
    auto found = state_->lookups.find({lookup, std::string(key)});
    if (found == state_->lookups.end()) return Ok();
    for (const auto& [output, count] : found->second) {
      if (!visit(output)) break;
    }
    return Ok();
  }

  Status ReadRows(NameRef arrangement, std::string_view key, const Reader::VisitRow& visit) override {
    auto found = state_->arrangements.find({arrangement, std::string(key)});
    if (found == state_->arrangements.end()) return Ok();
    for (const auto& [row, weight] : found->second) {
      if (!visit(row, weight)) break;
    }
    return Ok();
  }

 protected:
  std::shared_ptr<State> state_;
};

class MemoryReader final : public MemoryReads<Reader> {
 public:
  explicit MemoryReader(std::shared_ptr<State> state) : MemoryReads(std::move(state)) { ++state_->readers; }
  ~MemoryReader() override { --state_->readers; }
};

// Changes the one state there is and keeps what undoes each change.
class MemoryWriter final : public MemoryReads<Writer> {
 public:
  explicit MemoryWriter(std::shared_ptr<State> state) : MemoryReads(std::move(state)) { state_->writing = true; }
  ~MemoryWriter() override {
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) (*undo)(*state_);
    state_->writing = false;
  }

  Result<NameRef> Intern(std::string_view text) override {
    if (auto known = FindName(text)) return *known;
    auto name = static_cast<NameRef>(state_->names.size());
    state_->names.emplace_back(text);
    state_->name_refs.emplace(text, name);
    undo_.push_back([](State& s) {
      s.name_refs.erase(s.names.back());
      s.names.pop_back();
    });
    return name;
  }

  Result<BucketRef> InternBucket(std::string_view name) override {
    auto next = static_cast<BucketRef>(state_->buckets.size());
    auto [entry, inserted] = state_->bucket_refs.try_emplace(std::string(name), next);
    if (!inserted) return entry->second;
    state_->buckets.push_back({std::string(name), {}, {}});
    undo_.push_back([](State& s) {
      s.bucket_refs.erase(s.buckets.back().name);
      s.buckets.pop_back();
    });
    return next;
  }

  Status PutRecord(NameRef table, std::string_view key, std::string_view data) override {
    auto [entry, inserted] = state_->records[table].try_emplace(std::string(key), data);
    if (inserted) {
      undo_.push_back([table, key = entry->first](State& s) { s.records[table].erase(key); });
      return Ok();
    }
    undo_.push_back([table, key = entry->first, old = std::exchange(entry->second, std::string(data))](State& s) {
      s.records[table][key] = old;
    });
    return Ok();
  }
  Status DeleteRecord(NameRef table, std::string_view key) override {
    auto& rows = state_->records[table];
    auto found = rows.find(key);
    if (found == rows.end()) return Ok();
    undo_.push_back([table, key = found->first, old = found->second](State& s) { s.records[table][key] = old; });
    rows.erase(found);
    return Ok();
  }

  Result<LookupChange> AdjustLookup(NameRef lookup, std::string_view key, std::string_view output,
                                    int delta) override {
    std::pair<NameRef, std::string> at(lookup, key);
    auto count = Count(state_->lookups, at, output);
    auto now = count + delta;
    if (now < 0) return Error{Code::StorageFailed, "a lookup entry is taken away that was never added"};
    SetCount(state_->lookups, at, std::string(output), now);
    undo_.push_back([at, output = std::string(output), count](State& s) { SetCount(s.lookups, at, output, count); });
    if ((count > 0) == (now > 0)) return LookupChange::Same;
    return now > 0 ? LookupChange::Appeared : LookupChange::Vanished;
  }

  Result<int64_t> AdjustRow(NameRef arrangement, std::string_view key, std::string_view row, int64_t by) override {
    std::pair<NameRef, std::string> at(arrangement, key);
    const int64_t before = Count(state_->arrangements, at, row);
    BULKHEAD_TRY(const int64_t now, AdjustedWeight(before, by));
    SetCount(state_->arrangements, at, std::string(row), now);
    undo_.push_back([at, row = std::string(row), before](State& s) { SetCount(s.arrangements, at, row, before); });
    return now;
  }

  Status Append(BucketRef bucket, const Operation& op) override {
    if (bucket >= state_->buckets.size()) return UnknownBucket(bucket);
    StoredBucket& into = state_->buckets[bucket];
    undo_.push_back([bucket, state = into.state](State& s) {
      s.buckets[bucket].state = state;
      s.buckets[bucket].operations.pop_back();
    });
    into.operations.push_back({op.op_id, op.kind, op.object_type, op.checksum, std::string(op.object_id),
                               std::string(op.subkey), std::string(op.data)});
    into.state = {into.state.checksum + op.checksum, into.state.count + 1, op.op_id};
    return Ok();
  }

  Status Commit(const Head& head) override {
    state_->head = head;
    undo_.clear();
    return Ok();
  }

 private:
  static int64_t Count(const Keyed& all, const std::pair<NameRef, std::string>& at, std::string_view output) {
    auto entry = all.find(at);
    if (entry == all.end()) return 0;
    auto found = entry->second.find(output);
    return found == entry->second.end() ? 0 : found->second;
  }
  static void SetCount(Keyed& all, const std::pair<NameRef, std::string>& at, const std::string& output,
                       int64_t count) {
    Outputs& outputs = all[at];
    if (count > 0) outputs[output] = count;
    else outputs.erase(output);
    if (outputs.empty()) all.erase(at);
  }

  std::vector<std::function<void(State&)>> undo_;
};

class MemoryStore final : public Store {
 public:
  std::string Describe() const override { return "memory"; }
  Result<std::unique_ptr<Writer>> Begin() override {
    if (state_->writing) return Error{Code::StorageBusy, "the memory store already has a writer"};
    if (state_->readers > 0) return Error{Code::StorageBusy, "the memory store is being read"};
    return std::unique_ptr<Writer>(std::make_unique<MemoryWriter>(state_));
  }
  Result<std::unique_ptr<Reader>> Read() override {
    if (state_->writing) return Error{Code::StorageBusy, "the memory store is being written"};
    return std::unique_ptr<Reader>(std::make_unique<MemoryReader>(state_));
  }

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

Result<int64_t> AdjustedWeight(int64_t weight, int64_t by) {
  int64_t sum = 0;
  if (__builtin_add_overflow(weight, by, &sum) || sum > limits::RowWeightMax)
    return Error{Code::LimitExceeded, "a row of several tables is there too often"};
  if (sum < 0) return Error{Code::StorageFailed, "a row is taken out of an arrangement that lacks it"};
  return sum;
}

std::unique_ptr<Store> OpenMemory() { return std::make_unique<MemoryStore>(); }

}  // namespace bulkhead::store
