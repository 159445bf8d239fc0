#include <utility>

#include "runtime/engine/row_changes.h"
#include "runtime/engine/writing.h"

namespace bulkhead::engine {
namespace {

class BatchState final : public Batch {
 public:
  explicit BatchState(EngineState& state) : state_(state), writing_(state), changes_(state) {}

  Status Upsert(std::string_view table, std::span<const value::Value> key, const value::RowView& row) override {
    return over_ ? Over() : changes_.Upsert(table, key, row);
  }
  Status Delete(std::string_view table, std::span<const value::Value> key) override {
    return over_ ? Over() : changes_.Delete(table, key);
  }
  Status Truncate(std::string_view table) override { return over_ ? Over() : changes_.Truncate(table); }
  Status Unreadable(std::string_view table, std::string_view key_text, std::string_view reason) override {
    return over_ ? Over() : changes_.Unreadable(table, key_text, reason);
  }

  Result<Committed> Commit(std::string_view source_position) override {
    if (std::exchange(over_, true)) return Over();
    if (Status written = Write(source_position); !written) return state_.InStore(written.error());
    state_.watches.Notify(changes_.touched());
    return Committed{state_.head.last_op, changes_.operations()};
  }

 private:
  static Error Over() { return {Code::InvalidRequest, "the batch was committed: begin another"}; }

  Status Write(std::string_view source_position) {
    BULKHEAD_TRY(auto writer, state_.store.Begin());
    store::Head head = writer->head();
    BULKHEAD_CHECK_OK(changes_.Apply(*writer, head));
    head.source_position = source_position;
    BULKHEAD_CHECK_OK(writer->Commit(head));
    state_.head = head;
    return Ok();
  }

  EngineState& state_;
  WritingScope writing_;
  RowChanges changes_;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<Batch> MakeBatch(EngineState& state) { return std::make_unique<BatchState>(state); }

}  // namespace bulkhead::engine
