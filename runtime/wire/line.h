// The protocol's lines as data (powersync.md C2). Everything between engine and client is made of these: the
// in-process client takes them as they are, a server writes them as NDJSON or BSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/result.h"

namespace bulkhead::wire {

enum class OpKind : uint8_t { Put = 1, Remove = 2, Move = 3, Clear = 4 };

// One entry of a bucket's history. A row's identity within its bucket is (object_type, object_id, subkey).
struct Operation {
  uint64_t op_id = 0;
  OpKind kind = OpKind::Put;
  std::string object_type;  // the client's table; empty for Move and Clear
  std::string object_id;
  std::string subkey;       // which source row, e.g. tasks/["t1"]
  std::string data;         // Put: the row as JSON text; else empty
  uint32_t checksum = 0;    // Put: PutChecksum; Remove: RemoveChecksum
};

// First four bytes, little endian, of SHA-256("put.<type>.<id>.<data>") and of SHA-256("delete.<subkey>").
uint32_t PutChecksum(std::string_view object_type, std::string_view object_id, std::string_view data);
uint32_t RemoveChecksum(std::string_view subkey);

// Why a session has a bucket: `index` into Checkpoint::streams for a default subscription, else into the request's.
struct Reason {
  bool is_default = false;
  uint32_t index = 0;
  friend bool operator==(const Reason&, const Reason&) = default;
};
struct BucketState {
  std::string bucket;
  uint32_t checksum = 0;  // wrapping sum over its operations up to the checkpoint
  uint64_t count = 0;     // operations up to the checkpoint
  uint8_t priority = 3;
  std::vector<Reason> subscriptions;
};
struct SubscriptionError {
  std::optional<uint32_t> subscription;  // none: the default one
  std::string message;
};
struct StreamState {
  std::string name;
  bool is_default = false;
  std::vector<SubscriptionError> errors;
};

struct Checkpoint {
  uint64_t last_op_id = 0;
  std::optional<uint64_t> write_checkpoint;
  std::vector<BucketState> buckets;
  std::vector<StreamState> streams;
};
struct CheckpointDiff {
  uint64_t last_op_id = 0;
  std::optional<uint64_t> write_checkpoint;
  std::vector<BucketState> updated_buckets;
  std::vector<std::string> removed_buckets;
};
struct Data {
  std::string bucket;
  uint64_t after = 0;
  uint64_t next_after = 0;
  bool has_more = false;
  std::vector<Operation> operations;  // ascending op_id
};
struct PartialCheckpointComplete {
  uint64_t last_op_id = 0;
  uint8_t priority = 0;
};
struct CheckpointComplete {
  uint64_t last_op_id = 0;
};
struct TokenExpires {
  int64_t seconds = 0;
};
using Line = std::variant<Checkpoint, CheckpointDiff, Data, PartialCheckpointComplete, CheckpointComplete, TokenExpires>;

// One NDJSON line without its newline; row data as a JSON string (raw_data).
std::string EncodeJson(const Line& line);
// Untrusted; unknown keys are ignored, an unknown line kind is InvalidData.
Result<Line> DecodeJson(std::string_view text);

// Takes the lines of one session in order.
class LineSink {
 public:
  virtual ~LineSink() = default;
  virtual Status Take(const Line& line) = 0;
};

}  // namespace bulkhead::wire
