// What a session sends: the announcement of a checkpoint, then its data.
#include <algorithm>

#include "runtime/engine/session.h"

namespace bulkhead::engine {
namespace {

wire::BucketState StateLine(const std::string& name, const SessionBucket& bucket) {
  return {.bucket = name,
          .checksum = bucket.now.state.checksum,
          .count = bucket.now.state.count,
          .priority = bucket.now.priority,
          .subscriptions = bucket.now.reasons};
}

// The number comes from the store's file.
bool IsKind(uint8_t number) {
  switch (static_cast<wire::OpKind>(number)) {
    case wire::OpKind::Put:
    case wire::OpKind::Remove:
    case wire::OpKind::Move:
    case wire::OpKind::Clear: return true;
  }
  return false;
}

wire::Operation OperationLine(const store::Reader& reader, const store::Operation& op) {
  return {.op_id = op.op_id,
          .kind = static_cast<wire::OpKind>(op.kind),
          .object_type = std::string(reader.NameText(op.object_type)),
          .object_id = std::string(op.object_id),
          .subkey = std::string(op.subkey),
          .data = std::string(op.data),
          .checksum = op.checksum};
}

}  // namespace

Result<Advanced> SessionState::Advance(wire::LineSink& sink, uint64_t operations_max) {
  Advanced advanced;
  if (!engine_.served()) {
    advanced.served = advanced.complete = false;
    return advanced;
  }
  auto reader = engine_.store.Read();
  if (!reader) return engine_.InStore(reader.error());
  auto something = Refresh(**reader);
  if (!something) return engine_.InStore(something.error());
  advanced.last_op_id = announced_op_;
  if (!*something) {
    engine_.watches.candidates.erase(number_);
    return advanced;
  }
  BULKHEAD_CHECK_OK(Announce(sink));
  advanced.last_op_id = announced_op_;
  BULKHEAD_TRY(advanced.complete, SendData(**reader, sink, operations_max, advanced));
  if (!advanced.complete) return advanced;
  BULKHEAD_CHECK_OK(sink.Take(wire::CheckpointComplete{announced_op_}));
  complete_ = true;
  engine_.watches.candidates.erase(number_);
  return advanced;
}

Status SessionState::Announce(wire::LineSink& sink) {
  bool differs = std::any_of(buckets_.begin(), buckets_.end(), [](const auto& b) { return b.second.Differs(); });
  if (first_ || streams_changed_) BULKHEAD_CHECK_OK(sink.Take(MakeCheckpoint()));
  else if (differs) BULKHEAD_CHECK_OK(sink.Take(MakeDiff()));
  else return Ok();  // going on with the one announced before
  NoteAnnounced();
  return Ok();
}

wire::Line SessionState::MakeCheckpoint() const {
  wire::Checkpoint line{.last_op_id = newest_op_, .write_checkpoint = {}, .buckets = {}, .streams = streams_};
  for (const auto& [name, bucket] : buckets_) {
    if (bucket.wanted) line.buckets.push_back(StateLine(name, bucket));
  }
  return line;
}

wire::Line SessionState::MakeDiff() const {
  wire::CheckpointDiff line{.last_op_id = newest_op_, .write_checkpoint = {}, .updated_buckets = {},
                            .removed_buckets = {}};
  for (const auto& [name, bucket] : buckets_) {
    if (!bucket.Differs()) continue;
    if (bucket.wanted) line.updated_buckets.push_back(StateLine(name, bucket));
    else line.removed_buckets.push_back(name);
  }
  return line;
}

// A bucket that is given up is forgotten, so it starts from nothing when it comes back; on the first checkpoint the
// client says where it is.
void SessionState::NoteAnnounced() {
  for (auto at = buckets_.begin(); at != buckets_.end();) {
    SessionBucket& bucket = at->second;
    if (!bucket.wanted) {
      at = buckets_.erase(at);
      continue;
    }
    bucket.told = true;
    bucket.said = bucket.now;
    ++at;
  }
  if (first_) {
    for (const BucketPosition& has : request_.positions) {
      auto bucket = buckets_.find(has.bucket);
      if (bucket != buckets_.end()) bucket->second.position = has.after;
    }
    request_.positions.clear();
  }
  first_ = streams_changed_ = complete_ = false;
  partial_done_ = -1;
  announced_op_ = newest_op_;
}

Result<bool> SessionState::SendData(store::Reader& reader, wire::LineSink& sink, uint64_t operations_max,
                                    Advanced& advanced) {
  std::map<uint8_t, std::vector<decltype(buckets_)::value_type*>> by_priority;
  for (auto& entry : buckets_) by_priority[entry.second.said.priority].push_back(&entry);
  for (const auto& [priority, entries] : by_priority) {
    for (auto* entry : entries) {
      BULKHEAD_TRY(bool done, SendBucket(reader, entry->first, entry->second, sink, operations_max, advanced));
      if (!done) return false;
    }
    bool last = priority == by_priority.rbegin()->first;
    if (last || priority <= partial_done_) continue;
    BULKHEAD_CHECK_OK(sink.Take(wire::PartialCheckpointComplete{announced_op_, priority}));
    partial_done_ = priority;
  }
  return true;
}

Result<bool> SessionState::SendBucket(store::Reader& reader, const std::string& name, SessionBucket& bucket,
                                      wire::LineSink& sink, uint64_t operations_max, Advanced& advanced) {
  while (bucket.said.state.last_op > bucket.position) {
    if (advanced.operations >= operations_max) return false;
    BULKHEAD_CHECK_OK(SendPart(reader, name, bucket, sink, advanced));
  }
  return true;
}

// One Data line.
Status SessionState::SendPart(store::Reader& reader, const std::string& name, SessionBucket& bucket,
                              wire::LineSink& sink, Advanced& advanced) {
  wire::Data line{.bucket = name, .after = bucket.position, .next_after = 0, .has_more = false, .operations = {}};
  store::ReadRange range{.after = bucket.position,
                         .upto = bucket.said.state.last_op,
                         .count_max = limits::OperationsPerDataLineMax,
                         .bytes_max = limits::DataLineBytesMax};
  bool damaged = false;
  auto keep = [&](const store::Operation& op) {
    damaged = damaged || !IsKind(op.kind);
    line.operations.push_back(OperationLine(reader, op));
  };
  auto more = reader.ReadOperations(*bucket.ref, range, keep);
  if (!more) return engine_.InStore(more.error());
  line.has_more = *more;
  if (damaged) return engine_.InStore({Code::StorageFailed, "an operation of bucket " + name + " is damaged"});
  if (line.operations.empty()) return engine_.InStore({Code::StorageFailed, "operations of bucket " + name + " are lost"});
  line.next_after = line.operations.back().op_id;
  uint64_t count = line.operations.size(), next = line.next_after;
  BULKHEAD_CHECK_OK(sink.Take(std::move(line)));
  advanced.operations += count;
  bucket.position = next;
  return Ok();
}

}  // namespace bulkhead::engine
