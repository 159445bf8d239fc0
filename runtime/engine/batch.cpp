#include "runtime/engine/row_changes.h"
#include "runtime/engine/writing.h"

namespace bulkhead::engine {
namespace {

class BatchState final : public Batch {
 public:
  explicit BatchState(EngineState& state) : state_(state), writing_(state), changes_(state) {}

  Status Upsert(std::string_view table, std::span<const value::Value> key, const value::RowView& row) override {
    return changes_.Upsert(table, key, row);
  }
  Status Delete(std::string_view table, std::span<const value::Value> key) override {
    return changes_.Delete(table, key);
  }
  Status Truncate(std::string_view table) override { return changes_.Truncate(table); }
  Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) override {
    return changes_.Unreadable(table, key_text, reason);
  }

  Result<Committed> Commit(std::string_view source_position) override {
    BULKHEAD_TRY(auto writer, state_.store.Begin());
    store::Head head = writer->head();
    BULKHEAD_CHECK_OK(changes_.Apply(*writer, head));
    head.source_position = source_position;
    BULKHEAD_CHECK_OK(writer->Commit(head));
    state_.head = head;
    state_.watches.Notify(changes_.touched());
    return Committed{head.last_op, changes_.operations()};
  }

 private:
  EngineState& state_;
  WritingScope writing_;
  RowChanges changes_;
};

}  // namespace

std::unique_ptr<Batch> MakeBatch(EngineState& state) { return std::make_unique<BatchState>(state); }

}  // namespace bulkhead::engine
