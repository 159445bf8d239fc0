// A client as a model: takes a session's lines, checks everything a client can check, and keeps what it may show.
// What it finds wrong is in `problems`.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "runtime/engine/engine.h"
#include "runtime/wire/line.h"

namespace bulkhead::engine {

class ModelClient final : public wire::LineSink {
 public:
  // (type, id, subkey) -> data
  using Rows = std::map<std::tuple<std::string, std::string, std::string>, std::string>;
  struct Bucket {
    Rows rows;
    uint32_t checksum = 0;  // of everything received
    uint64_t count = 0;     // in this connection and before
    uint64_t position = 0;
    wire::BucketState announced;
  };
  std::map<std::string, Bucket> buckets;
  std::vector<wire::StreamState> streams;
  std::vector<std::string> log;  // one word per line taken
  std::vector<std::string> problems;
  uint64_t last_op = 0;
  bool complete = false;
  size_t fail_at = SIZE_MAX;  // refuse the line of that number

  // Starts another connection; what was downloaded stays.
  std::vector<BucketPosition> Reconnect() {
    connected_ = complete = false;
    std::vector<BucketPosition> positions;
    for (const auto& [name, bucket] : buckets) positions.push_back({name, bucket.position});
    return positions;
  }

  Status Take(const wire::Line& line) override {
    if (log.size() >= fail_at) return Error{Code::StorageFailed, "the line is refused"};
    std::visit([this](const auto& l) { Apply(l); }, line);
    return Ok();
  }

  // `tasks/t1 {…}` for every row of every bucket, each once, sorted.
  std::set<std::string> Show() const {
    std::set<std::string> shown;
    for (const auto& [name, bucket] : buckets) {
      for (const auto& [identity, data] : bucket.rows) {
        shown.insert(std::get<0>(identity) + "/" + std::get<1>(identity) + " " + data);
      }
    }
    return shown;
  }

 private:
  void Expect(bool holds, const char* what) {
    if (!holds) problems.push_back(what);
  }

  void Apply(const wire::Checkpoint& line) {
    log.push_back("checkpoint");
    connected_ = true;
    std::map<std::string, Bucket> kept;
    for (const wire::BucketState& state : line.buckets) {
      auto had = buckets.find(state.bucket);
      if (had != buckets.end()) kept[state.bucket] = std::move(had->second);
      kept[state.bucket].announced = state;
    }
    buckets = std::move(kept);
    streams = line.streams;
    Begin(line.last_op_id);
  }
  void Apply(const wire::CheckpointDiff& line) {
    log.push_back("diff");
    Expect(connected_, "a diff or complete before the first checkpoint");
    Expect(line.updated_buckets.size() + line.removed_buckets.size() > 0, "an empty diff");
    for (const std::string& name : line.removed_buckets) Expect(buckets.erase(name) == 1, "a bucket is removed that was not there");
    for (const wire::BucketState& state : line.updated_buckets) buckets[state.bucket].announced = state;
    Begin(line.last_op_id);
  }
  void Begin(uint64_t op) {
    Expect(op >= last_op, "a checkpoint goes back");
    last_op = op;
    complete = false;
    priority_ = 0;
    partial_ = -1;
  }
  // Each priority before this one was completed on its own.
  void ExpectPartials(uint8_t before) {
    for (const auto& [name, bucket] : buckets) {
      bool owed = bucket.announced.priority < before && bucket.announced.priority > partial_;
      Expect(!owed, "a priority was not completed before the next");
    }
  }
  void Apply(const wire::Data& line) {
    log.push_back("data");
    Expect(buckets.contains(line.bucket), "data of a bucket that was not announced");
    Bucket& bucket = buckets[line.bucket];
    Expect(bucket.announced.priority >= priority_, "a less urgent bucket came before a more urgent one");
    priority_ = bucket.announced.priority;
    ExpectPartials(priority_);
    Expect(line.after == bucket.position, "data does not follow what was sent before");
    Expect(!line.operations.empty(), "an empty data line");
    Expect(line.operations.size() <= limits::OperationsPerDataLineMax, "a data line is too long");
    for (const wire::Operation& op : line.operations) Apply(bucket, op);
    Expect(bucket.position == line.next_after, "next_after is not the last operation");
    Expect(bucket.position <= last_op, "an operation is newer than the checkpoint");
  }
  void Apply(Bucket& bucket, const wire::Operation& op) {
    Expect(op.op_id > bucket.position, "operations are out of order");
    bucket.position = op.op_id;
    bucket.checksum += op.checksum;
    ++bucket.count;
    std::tuple identity(op.object_type, op.object_id, op.subkey);
    bucket.rows.erase(identity);
    if (op.kind == wire::OpKind::Put) {
      Expect(op.checksum == wire::PutChecksum(op.object_type, op.object_id, op.data),
             "the checksum of a put differs");
      bucket.rows[identity] = op.data;
    } else {
      Expect(op.kind == wire::OpKind::Remove, "an operation of a strange kind");
      Expect(op.data.empty(), "a remove with data");
      Expect(op.checksum == wire::RemoveChecksum(op.subkey), "the checksum of a remove differs");
    }
  }
  void Apply(const wire::PartialCheckpointComplete& line) {
    log.push_back("partial");
    Expect(line.last_op_id == last_op, "a complete of another checkpoint");
    Expect(line.priority > partial_, "a priority is completed twice");
    partial_ = line.priority;
    CheckSums(line.priority);
  }
  void Apply(const wire::CheckpointComplete& line) {
    log.push_back("complete");
    Expect(connected_, "a diff or complete before the first checkpoint");
    Expect(line.last_op_id == last_op, "a complete of another checkpoint");
    CheckSums(3);
    uint8_t last = 0;
    for (const auto& [name, bucket] : buckets) last = std::max(last, bucket.announced.priority);
    ExpectPartials(last);
    Expect(partial_ < last || buckets.empty(), "the last priority was completed on its own");
    complete = true;
  }
  void Apply(const wire::TokenExpires&) { Expect(false, "the engine knows no tokens"); }

  void CheckSums(uint8_t priority) {
    for (const auto& [name, bucket] : buckets) {
      if (bucket.announced.priority > priority) continue;
      Expect(bucket.announced.checksum == bucket.checksum, "the checksum differs");
      Expect(bucket.announced.count == bucket.count, "the count differs");
      Expect(!bucket.announced.subscriptions.empty(), "a bucket without a reason");
    }
  }

  bool connected_ = false;
  uint8_t priority_ = 0;  // of the last data
  int partial_ = -1;      // of the last partial complete
};

}  // namespace bulkhead::engine
