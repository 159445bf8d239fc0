#include <utility>

#include "runtime/engine/row_changes.h"
#include "runtime/engine/writing.h"

namespace bulkhead::engine {
namespace {

constexpr size_t ScanPage = 4000;

class LoadState final : public Load {
 public:
  LoadState(EngineState& state, bool resumed, std::vector<bool> was_empty)
      : state_(state), writing_(state), resumed_(resumed), was_empty_(std::move(was_empty)), changes_(state) {}
  ~LoadState() override { state_.watches.NotifyAll(); }

  bool resumed() const override { return resumed_; }

  Status Upsert(std::string_view table, std::span<const value::Value> key, const value::RowView& row) override {
    if (finishing_) return Over();
    BULKHEAD_CHECK_OK(changes_.Upsert(table, key, row));
    ++rows_;
    if (table != table_) table_ = table;
    bool full = changes_.rows() >= state_.options.load_rows_per_commit ||
                changes_.bytes() >= state_.options.load_bytes_per_commit;
    return full ? CommitPart(std::nullopt) : Ok();
  }
  Status Delete(std::string_view table, std::span<const value::Value> key) override {
    return finishing_ ? Over() : changes_.Delete(table, key);
  }
  Status Truncate(std::string_view table) override { return finishing_ ? Over() : changes_.Truncate(table); }
  Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) override {
    return finishing_ ? Over() : changes_.Unreadable(table, key_text, reason);
  }

  Status Checkpoint(std::string_view source_position) override {
    return finishing_ ? Over() : CommitPart(source_position);
  }

  Status FinishTable(std::string_view name) override {
    if (finishing_) return Over();
    auto matches = state_.rows.FindTables(name);
    if (matches.empty()) return Ok();
    BULKHEAD_CHECK_OK(CommitPart(std::nullopt));
    for (auto match : matches) {
      if (!was_empty_[match.table]) BULKHEAD_CHECK_OK(TakeOutUnseen(match.table, RowChanges::KeyPrefix(match, name)));
    }
    return Ok();
  }

  Result<Committed> Finish(std::string_view source_position) override {
    if (std::exchange(finishing_, true)) return Over();
    BULKHEAD_CHECK_OK(CommitPart(source_position));
    return Committed{state_.head.last_op, operations_};
  }

 private:
  static Error Over() { return {Code::InvalidRequest, "the load was finished: begin another"}; }

  Status CommitPart(std::optional<std::string_view> source_position) {
    Status written = WritePart(source_position);
    return written ? written : state_.InStore(written.error());
  }

  Status WritePart(std::optional<std::string_view> source_position) {
    BULKHEAD_TRY(auto writer, state_.store.Begin());
    store::Head head = writer->head();
    BULKHEAD_CHECK_OK(changes_.Apply(*writer, head));
    if (source_position) head.source_position = *source_position;
    if (source_position) head.load_continues = !finishing_;
    if (finishing_) {
      head.loaded = true;
      head.loading = false;
    }
    BULKHEAD_CHECK_OK(writer->Commit(head));
    NoteCommitted(head);
    return Ok();
  }

  Status TakeOutUnseen(uint32_t table, const std::string& prefix) {
    std::optional<std::string> after;
    if (!prefix.empty()) after = prefix;
    for (;;) {
      auto more = TakeOutPage(table, prefix, after);
      if (!more) return state_.InStore(more.error());
      if (!*more) return Ok();
    }
  }

  // One page of records; false after the last.
  Result<bool> TakeOutPage(uint32_t table, const std::string& prefix, std::optional<std::string>& after) {
    BULKHEAD_TRY(auto writer, state_.store.Begin());
    store::Head head = writer->head();
    BULKHEAD_TRY(auto page, writer->ScanRecords(state_.table_refs[table], after, ScanPage));
    bool found = false;
    bool passed = false;
    for (const store::Record& record : page) {
      passed = !record.key.starts_with(prefix);
      if (passed) break;
      uint32_t epoch = 0;
      if (!DecodeEpoch(record.data, epoch)) return Error{Code::StorageFailed, "the store's record of a row is damaged"};
      if (epoch == head.load_epoch) continue;
      BULKHEAD_CHECK_OK(changes_.ApplyDelete(*writer, head, table, record.key));
      found = true;
    }
    BULKHEAD_CHECK_OK(changes_.ApplyRelations(*writer, head));
    // Also without operations: another row may give the same lookup entry, which is then counted once less.
    if (found) {
      BULKHEAD_CHECK_OK(writer->Commit(head));
      NoteCommitted(head);
    }
    if (passed || page.size() < ScanPage) return false;
    after = std::move(page.back().key);
    return true;
  }

  void NoteCommitted(const store::Head& head) {
    state_.head = head;
    operations_ += changes_.operations();
    changes_.Clear();
    if (state_.options.on_progress) state_.options.on_progress({table_, rows_, operations_});
  }

  EngineState& state_;
  WritingScope writing_;
  const bool resumed_;
  const std::vector<bool> was_empty_;  // by Plan::tables
  RowChanges changes_;
  bool finishing_ = false;
  std::string table_;
  uint64_t rows_ = 0, operations_ = 0;
};

Result<std::unique_ptr<Load>> BeginIn(EngineState& state) {
  BULKHEAD_TRY(auto writer, state.store.Begin());
  store::Head head = writer->head();
  bool resumed = head.loading;
  std::vector<bool> was_empty(state.plan.tables.size(), false);
  if (!resumed) {
    for (size_t table = 0; table < was_empty.size(); ++table) {
      BULKHEAD_TRY(auto first, writer->ScanRecords(state.table_refs[table], std::nullopt, 1));
      was_empty[table] = first.empty();
    }
  }
  // Rows that an unfinished load saw may be gone since: unless it goes on behind them, they are to come again.
  if (!resumed || !head.load_continues) {
    head.loading = true;
    head.load_continues = false;
    ++head.load_epoch;
    BULKHEAD_CHECK_OK(writer->Commit(head));
    state.head = head;
  }
  return std::unique_ptr<Load>(std::make_unique<LoadState>(state, resumed, std::move(was_empty)));
}

}  // namespace

Result<std::unique_ptr<Load>> MakeLoad(EngineState& state) {
  auto load = BeginIn(state);
  return load ? std::move(load) : state.InStore(load.error());
}

}  // namespace bulkhead::engine
