// A server for tests of the client: bucket histories, and what a client that reads them must show.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/client/client.h"
#include "runtime/wire/line.h"

namespace bulkhead::client {

class ServerModel {
 public:
  struct Bucket {
    uint8_t priority = 3;
    bool member = true;  // the client has it
    std::vector<wire::Operation> operations;
  };
  std::map<std::string, Bucket> buckets;
  uint64_t last_op = 0;

  void Put(const std::string& bucket, const std::string& table, const std::string& id, const std::string& json,
           const std::string& subkey = "k") {
    Add(bucket, {0, wire::OpKind::Put, table, id, subkey, json, wire::PutChecksum(table, id, json)});
  }
  void Remove(const std::string& bucket, const std::string& table, const std::string& id,
              const std::string& subkey = "k") {
    Add(bucket, {0, wire::OpKind::Remove, table, id, subkey, "", wire::RemoveChecksum(subkey)});
  }
  // What a compaction may do: superseded operations become MOVEs, a leading run of non-PUTs one CLEAR.
  void Compact(Bucket& bucket) {
    std::map<std::tuple<std::string, std::string, std::string>, bool> seen;
    for (size_t i = bucket.operations.size(); i-- > 0;) {
      wire::Operation& operation = bucket.operations[i];
      if (operation.kind > wire::OpKind::Remove) continue;
      bool& newer = seen[{operation.object_type, operation.object_id, operation.subkey}];
      if (newer) operation = {operation.op_id, wire::OpKind::Move, "", "", "", "", operation.checksum};
      newer = true;
    }
    size_t run = 0;
    uint32_t sum = 0;
    while (run < bucket.operations.size() && bucket.operations[run].kind != wire::OpKind::Put)
      sum += bucket.operations[run++].checksum;
    if (run == 0) return;
    wire::Operation clear{bucket.operations[run - 1].op_id, wire::OpKind::Clear, "", "", "", "", sum};
    bucket.operations.erase(bucket.operations.begin(), bucket.operations.begin() + static_cast<long>(run));
    bucket.operations.insert(bucket.operations.begin(), clear);
  }

  wire::BucketState StateOf(const std::string& name) const {
    const Bucket& bucket = buckets.at(name);
    wire::BucketState state{name, 0, bucket.operations.size(), bucket.priority, {}};
    for (const wire::Operation& operation : bucket.operations) state.checksum += operation.checksum;
    return state;
  }
  wire::Checkpoint CheckpointLine() const {
    wire::Checkpoint line{last_op, std::nullopt, {}, {}};
    for (const auto& [name, bucket] : buckets)
      if (bucket.member) line.buckets.push_back(StateOf(name));
    return line;
  }
  std::vector<wire::Line> DataLines(const std::string& name, uint64_t after, size_t operations_max) const {
    std::vector<wire::Line> lines;
    wire::Data data{name, after, after, false, {}};
    for (const wire::Operation& operation : buckets.at(name).operations) {
      if (operation.op_id <= after) continue;
      if (data.operations.size() == operations_max) {
        data.has_more = true;
        lines.push_back(data);
        data = {name, data.next_after, data.next_after, false, {}};
      }
      data.operations.push_back(operation);
      data.next_after = operation.op_id;
    }
    if (!data.operations.empty()) lines.push_back(data);
    return lines;
  }
  // All lines that bring a client at these positions to now; partial completes after each priority but the last.
  std::vector<wire::Line> LinesFrom(const std::vector<BucketPosition>& positions,
                                    size_t operations_max = 1000) const {
    std::map<std::string, uint64_t> after;
    for (const BucketPosition& position : positions) after[position.bucket] = position.after;
    wire::Checkpoint checkpoint = CheckpointLine();
    std::vector<wire::Line> lines = {checkpoint};
    uint8_t last_priority = 0;
    for (const auto& bucket : checkpoint.buckets) last_priority = std::max(last_priority, bucket.priority);
    for (uint8_t priority = 0; priority <= last_priority; ++priority) {
      bool any = false;
      for (const auto& bucket : checkpoint.buckets) {
        if (bucket.priority != priority) continue;
        any = true;
        for (wire::Line& line : DataLines(bucket.bucket, after[bucket.bucket], operations_max))
          lines.push_back(std::move(line));
      }
      if (any && priority < last_priority) lines.push_back(wire::PartialCheckpointComplete{last_op, priority});
    }
    lines.push_back(wire::CheckpointComplete{last_op});
    return lines;
  }

  // table -> id -> JSON, of the buckets up to a priority.
  using Visible = std::map<std::string, std::map<std::string, std::string>>;
  Visible Expected() const {
    std::map<std::tuple<std::string, std::string, std::string, std::string>, wire::Operation> live;
    for (const auto& [name, bucket] : buckets) {
      if (!bucket.member) continue;
      for (const wire::Operation& operation : bucket.operations) {
        if (operation.kind == wire::OpKind::Put)
          live[{name, operation.object_type, operation.object_id, operation.subkey}] = operation;
        if (operation.kind == wire::OpKind::Remove)
          live.erase({name, operation.object_type, operation.object_id, operation.subkey});
      }
    }
    std::map<std::pair<std::string, std::string>, const wire::Operation*> newest;
    for (const auto& [key, operation] : live) {
      const wire::Operation*& best = newest[{operation.object_type, operation.object_id}];
      if (!best || best->op_id < operation.op_id) best = &operation;
    }
    Visible visible;
    for (const auto& [key, operation] : newest) visible[key.first][key.second] = operation->data;
    return visible;
  }

  // One random change. Few tables and ids, so that buckets share rows and rows come back.
  void ChangeAtRandom(std::mt19937_64& random) {
    std::string name = "b" + std::to_string(random() % 6);
    if (!buckets.contains(name)) buckets[name].priority = static_cast<uint8_t>(random() % 4);
    std::string table = random() % 2 ? "tasks" : "notes", id = std::to_string(random() % 12);
    std::string subkey = "s" + std::to_string(random() % 2);
    switch (random() % 10) {
      case 0: buckets[name].member = !buckets[name].member; return;
      case 1: Compact(buckets[name]); return;
      case 2:
      case 3:
      case 4: Remove(name, table, id, subkey); return;
      default: Put(name, table, id, RandomRow(random, id), subkey);
    }
  }

 private:
  static std::string RandomRow(std::mt19937_64& random, const std::string& id) {
    std::string json = "{\"id\":\"" + id + "\"";
    if (random() % 3) json += ",\"n\":" + std::to_string(random() % 5);
    if (random() % 3) json += ",\"title\":\"t" + std::to_string(random() % 5) + "\"";
    if (random() % 8 == 0) json += ",\"c" + std::to_string(random() % 9) + "\":null";
    return json + "}";
  }
  void Add(const std::string& name, wire::Operation operation) {
    operation.op_id = ++last_op;
    buckets[name].operations.push_back(std::move(operation));
  }
};

}  // namespace bulkhead::client
