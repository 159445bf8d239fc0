// Keys come in the order a recorded server writes them, so that a recorded line survives decoding and encoding.
#include <charconv>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/base/id.h"
#include "runtime/wire/line.h"

namespace bulkhead::wire {
namespace {

void AppendNumber(std::string& out, auto number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// For each byte: 0 stands for itself, 'u' needs \u00xx, else the letter after the backslash.
constexpr auto EscapeLetters = [] {
  std::array<char, 256> letters{};
  for (int c = 0; c < 0x20; ++c) letters[c] = 'u';
  letters['\b'] = 'b', letters['\f'] = 'f', letters['\n'] = 'n', letters['\r'] = 'r', letters['\t'] = 't';
  letters['"'] = '"', letters['\\'] = '\\';
  return letters;
}();

void AppendString(std::string& out, std::string_view text) {
  static constexpr char Hex[] = "0123456789abcdef";
  // Grown once to the usual need: an eighth of row data is quotes.
  size_t used = out.size();
  out.resize(used + text.size() + text.size() / 4 + 8);
  char* to = out.data() + used;
  char* limit = out.data() + out.size() - 8;
  *to++ = '"';
  for (size_t i = 0; i < text.size(); ++i) {
    if (to > limit) {
      used = static_cast<size_t>(to - out.data());
      out.resize(used + (text.size() - i) * 6 + 8);
      to = out.data() + used;
      limit = out.data() + out.size() - 8;
    }
    auto c = static_cast<unsigned char>(text[i]);
    char letter = EscapeLetters[c];
    if (letter == 0) {
      *to++ = static_cast<char>(c);
    } else if (letter == 'u') {
      std::memcpy(to, "\\u00", 4);
      to[4] = Hex[c >> 4];
      to[5] = Hex[c & 15];
      to += 6;
    } else {
      *to++ = '\\';
      *to++ = letter;
    }
  }
  *to++ = '"';
  out.resize(static_cast<size_t>(to - out.data()));
}

// `"name":"text"`; `prefix` ends with the colon.
void AppendText(std::string& out, std::string_view prefix, std::string_view text) {
  out += prefix;
  AppendString(out, text);
}

void AppendOpId(std::string& out, std::string_view prefix, uint64_t op_id) {
  out += prefix;
  out += '"';
  AppendNumber(out, op_id);
  out += '"';
}

// Calls `item` for each element, with commas between.
void AppendList(std::string& out, const auto& list, auto item) {
  out += '[';
  bool first = true;
  for (const auto& element : list) {
    if (!first) out += ',';
    first = false;
    item(element);
  }
  out += ']';
}

void AppendBucket(std::string& out, const BucketState& bucket) {
  AppendText(out, R"({"bucket":)", bucket.bucket);
  out += R"(,"checksum":)";
  AppendNumber(out, static_cast<int32_t>(bucket.checksum));
  out += R"(,"count":)";
  AppendNumber(out, bucket.count);
  out += R"(,"priority":)";
  AppendNumber(out, static_cast<unsigned>(bucket.priority));
  out += R"(,"subscriptions":)";
  AppendList(out, bucket.subscriptions, [&](const Reason& reason) {
    out += reason.is_default ? R"({"default":)" : R"({"sub":)";
    AppendNumber(out, reason.index);
    out += '}';
  });
  out += '}';
}

void AppendStream(std::string& out, const StreamState& stream) {
  AppendText(out, R"({"name":)", stream.name);
  out += stream.is_default ? R"(,"is_default":true,"errors":)" : R"(,"is_default":false,"errors":)";
  AppendList(out, stream.errors, [&](const SubscriptionError& error) {
    out += R"({"subscription":)";
    if (error.subscription) {
      AppendNumber(out, *error.subscription);
    } else {
      out += R"("default")";
    }
    AppendText(out, R"(,"message":)", error.message);
    out += '}';
  });
  out += '}';
}

void AppendCheckpointIds(std::string& out, uint64_t last_op_id, const std::optional<uint64_t>& write_checkpoint) {
  AppendOpId(out, R"("last_op_id":)", last_op_id);
  if (write_checkpoint) AppendOpId(out, R"(,"write_checkpoint":)", *write_checkpoint);
}

std::string_view KindName(OpKind kind) {
  switch (kind) {
    case OpKind::Put: return "PUT";
    case OpKind::Remove: return "REMOVE";
    case OpKind::Move: return "MOVE";
    case OpKind::Clear: return "CLEAR";
  }
  CHECK_INVARIANT(false, "an operation has one of four kinds");
}

void AppendOperation(std::string& out, const Operation& operation) {
  bool has_row = operation.kind == OpKind::Put || operation.kind == OpKind::Remove;
  AppendOpId(out, R"({"op_id":)", operation.op_id);
  out += R"(,"op":")";
  out += KindName(operation.kind);
  if (has_row) {
    AppendText(out, R"(","object_type":)", operation.object_type);
    AppendText(out, R"(,"object_id":)", operation.object_id);
    out += R"(,"checksum":)";
  } else {
    out += R"(","checksum":)";
  }
  AppendNumber(out, operation.checksum);
  if (has_row) {
    AppendText(out, R"(,"subkey":)", operation.subkey);
    out += R"(,"data":)";
    if (operation.kind == OpKind::Put) {
      AppendString(out, operation.data);
    } else {
      out += "null";
    }
  }
  out += '}';
}

size_t EstimatedBytes(const Data& data) {
  size_t bytes = data.bucket.size() + 200;
  for (const Operation& operation : data.operations)
    bytes += operation.data.size() * 5 / 4 + operation.object_id.size() + operation.subkey.size() + 160;
  return bytes;
}

void Append(std::string& out, const Checkpoint& line) {
  out += R"({"checkpoint":{)";
  AppendCheckpointIds(out, line.last_op_id, line.write_checkpoint);
  out += R"(,"buckets":)";
  AppendList(out, line.buckets, [&](const BucketState& bucket) { AppendBucket(out, bucket); });
  out += R"(,"streams":)";
  AppendList(out, line.streams, [&](const StreamState& stream) { AppendStream(out, stream); });
  out += "}}";
}

void Append(std::string& out, const CheckpointDiff& line) {
  out += R"({"checkpoint_diff":{)";
  AppendCheckpointIds(out, line.last_op_id, line.write_checkpoint);
  out += R"(,"removed_buckets":)";
  AppendList(out, line.removed_buckets, [&](const std::string& bucket) { AppendString(out, bucket); });
  out += R"(,"updated_buckets":)";
  AppendList(out, line.updated_buckets, [&](const BucketState& bucket) { AppendBucket(out, bucket); });
  out += "}}";
}

void Append(std::string& out, const Data& line) {
  out.reserve(EstimatedBytes(line));
  AppendText(out, R"({"data":{"bucket":)", line.bucket);
  AppendOpId(out, R"(,"after":)", line.after);
  out += line.has_more ? R"(,"has_more":true,"data":)" : R"(,"has_more":false,"data":)";
  AppendList(out, line.operations, [&](const Operation& operation) { AppendOperation(out, operation); });
  AppendOpId(out, R"(,"next_after":)", line.next_after);
  out += "}}";
}

void Append(std::string& out, const PartialCheckpointComplete& line) {
  AppendOpId(out, R"({"partial_checkpoint_complete":{"last_op_id":)", line.last_op_id);
  out += R"(,"priority":)";
  AppendNumber(out, static_cast<unsigned>(line.priority));
  out += "}}";
}

void Append(std::string& out, const CheckpointComplete& line) {
  AppendOpId(out, R"({"checkpoint_complete":{"last_op_id":)", line.last_op_id);
  out += "}}";
}

void Append(std::string& out, const TokenExpires& line) {
  out += R"({"token_expires_in":)";
  AppendNumber(out, line.seconds);
  out += '}';
}

}  // namespace

std::string EncodeJson(const Line& line) {
  std::string out;
  std::visit([&](const auto& kind) { Append(out, kind); }, line);
  return out;
}

}  // namespace bulkhead::wire
