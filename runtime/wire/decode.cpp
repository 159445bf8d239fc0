#include <fmt/format.h>

#include <charconv>

#include "runtime/wire/json_reader.h"
#include "runtime/wire/line.h"

namespace bulkhead::wire {
namespace {

// Each Read… reads one value at the reader's cursor into `out`; false once the reader has failed. Members that a
// line must have are counted off by the caller.

bool ReadText(JsonReader& reader, std::string& out) {
  std::string_view text;
  if (!reader.String(text)) return false;
  out = text;
  return true;
}

// Ids are decimal strings, and 63 bits so that every database can hold them.
bool ReadOpId(JsonReader& reader, uint64_t& out) {
  std::string_view text;
  if (!reader.String(text)) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  bool whole = error == std::errc() && end == text.data() + text.size();
  return (whole && out <= INT64_MAX) || reader.Refuse("expected a decimal id in a string");
}

template <typename T>
bool ReadWhole(JsonReader& reader, T& out, int64_t min, int64_t max) {
  std::string_view text;
  bool whole;
  if (!reader.Number(text, whole)) return false;
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!whole || error != std::errc() || number < min || number > max) return reader.Refuse("number out of range");
  out = static_cast<T>(number);
  return true;
}

// Servers send sums with and without sign.
bool ReadChecksum(JsonReader& reader, uint32_t& out) {
  return ReadWhole(reader, out, INT32_MIN, UINT32_MAX);
}

bool ReadList(JsonReader& reader, auto& out, auto read_item) {
  out.clear();
  if (!reader.BeginArray()) return false;
  while (reader.NextElement())
    if (!read_item(reader, out.emplace_back())) return false;
  return !reader.failed();
}

// Reads an object; `member(name)` reads the value and sets bits of the members seen. Unknown ones are skipped by it.
bool ReadObject(JsonReader& reader, uint32_t required, auto member) {
  uint32_t seen = 0;
  std::string_view name;
  if (!reader.BeginObject()) return false;
  while (reader.NextMember(name))
    if (!member(name, seen)) return false;
  if (reader.failed()) return false;
  return (seen & required) == required || reader.Refuse("a member is missing in the object before");
}

bool Saw(uint32_t& seen, uint32_t bit) {
  seen |= bit;
  return true;
}

bool ReadReason(JsonReader& reader, Reason& out) {
  return ReadObject(reader, 1, [&](std::string_view name, uint32_t& seen) {
    bool is_default = name == "default";
    if (!is_default && name != "sub") return reader.Skip();
    out.is_default = is_default;
    return Saw(seen, 1) && ReadWhole(reader, out.index, 0, UINT32_MAX);
  });
}

bool ReadBucket(JsonReader& reader, BucketState& out) {
  return ReadObject(reader, 3, [&](std::string_view name, uint32_t& seen) {
    if (name == "bucket") return Saw(seen, 1) && ReadText(reader, out.bucket);
    if (name == "checksum") return Saw(seen, 2) && ReadChecksum(reader, out.checksum);
    if (name == "count") return ReadWhole(reader, out.count, 0, INT64_MAX);
    if (name == "priority") return ReadWhole(reader, out.priority, 0, 3);
    if (name == "subscriptions") return ReadList(reader, out.subscriptions, ReadReason);
    return reader.Skip();
  });
}

bool ReadSubscriptionError(JsonReader& reader, SubscriptionError& out) {
  return ReadObject(reader, 1, [&](std::string_view name, uint32_t& seen) {
    if (name == "message") return Saw(seen, 1) && ReadText(reader, out.message);
    if (name != "subscription") return reader.Skip();
    std::string_view word;
    if (reader.Peek() == JsonKind::Number) return ReadWhole(reader, out.subscription.emplace(), 0, UINT32_MAX);
    return reader.String(word) && (word == "default" || reader.Refuse("expected a number or \"default\""));
  });
}

bool ReadStream(JsonReader& reader, StreamState& out) {
  return ReadObject(reader, 1, [&](std::string_view name, uint32_t& seen) {
    if (name == "name") return Saw(seen, 1) && ReadText(reader, out.name);
    if (name == "is_default") return reader.Boolean(out.is_default);
    if (name == "errors") return ReadList(reader, out.errors, ReadSubscriptionError);
    return reader.Skip();
  });
}

bool ReadOptionalId(JsonReader& reader, std::optional<uint64_t>& out) {
  if (reader.Peek() != JsonKind::Null) return ReadOpId(reader, out.emplace());
  out.reset();
  return reader.Null();
}

bool Read(JsonReader& reader, Checkpoint& out) {
  return ReadObject(reader, 3, [&](std::string_view name, uint32_t& seen) {
    if (name == "last_op_id") return Saw(seen, 1) && ReadOpId(reader, out.last_op_id);
    if (name == "buckets") return Saw(seen, 2) && ReadList(reader, out.buckets, ReadBucket);
    if (name == "write_checkpoint") return ReadOptionalId(reader, out.write_checkpoint);
    if (name == "streams") return ReadList(reader, out.streams, ReadStream);
    return reader.Skip();
  });
}

bool Read(JsonReader& reader, CheckpointDiff& out) {
  return ReadObject(reader, 7, [&](std::string_view name, uint32_t& seen) {
    if (name == "last_op_id") return Saw(seen, 1) && ReadOpId(reader, out.last_op_id);
    if (name == "updated_buckets") return Saw(seen, 2) && ReadList(reader, out.updated_buckets, ReadBucket);
    if (name == "removed_buckets") return Saw(seen, 4) && ReadList(reader, out.removed_buckets, ReadText);
    if (name == "write_checkpoint") return ReadOptionalId(reader, out.write_checkpoint);
    return reader.Skip();
  });
}

bool ReadKind(JsonReader& reader, OpKind& out) {
  std::string_view name;
  if (!reader.String(name)) return false;
  if (name == "PUT") return out = OpKind::Put, true;
  if (name == "REMOVE") return out = OpKind::Remove, true;
  if (name == "MOVE") return out = OpKind::Move, true;
  if (name == "CLEAR") return out = OpKind::Clear, true;
  return reader.Refuse("unknown kind of operation");
}

// A row comes as a string, from servers asked for plain JSON as an object: then its text is the row.
bool ReadRow(JsonReader& reader, std::string& out) {
  std::string_view raw;
  switch (reader.Peek()) {
    case JsonKind::String: return ReadText(reader, out);
    case JsonKind::Object:
      if (!reader.Skip(raw)) return false;
      out = raw;
      return true;
    default: out.clear(); return reader.Null();
  }
}

bool ReadNullableText(JsonReader& reader, std::string& out) {
  return reader.Peek() == JsonKind::Null ? reader.Null() : ReadText(reader, out);
}

bool ReadOperation(JsonReader& reader, Operation& out) {
  constexpr uint32_t OpId = 1, Op = 2, Checksum = 4, ObjectType = 8, ObjectId = 16;
  uint32_t members = 0;
  bool read = ReadObject(reader, OpId | Op | Checksum, [&](std::string_view name, uint32_t& seen) {
    if (name == "op_id") return Saw(seen, OpId) && ReadOpId(reader, out.op_id);
    if (name == "op") return Saw(seen, Op) && ReadKind(reader, out.kind);
    if (name == "checksum") return Saw(seen, Checksum) && ReadChecksum(reader, out.checksum);
    if (name == "object_type") return Saw(members, ObjectType) && ReadText(reader, out.object_type);
    if (name == "object_id") return Saw(members, ObjectId) && ReadText(reader, out.object_id);
    if (name == "subkey") return ReadNullableText(reader, out.subkey);
    if (name == "data") return ReadRow(reader, out.data);
    return reader.Skip();
  });
  if (!read) return false;
  bool has_row = out.kind == OpKind::Put || out.kind == OpKind::Remove;
  if (has_row && members != (ObjectType | ObjectId)) return reader.Refuse("an operation without its row's identity");
  if (out.kind == OpKind::Put && out.data.empty()) return reader.Refuse("a PUT without a row");
  return true;
}

bool Read(JsonReader& reader, Data& out) {
  return ReadObject(reader, 7, [&](std::string_view name, uint32_t& seen) {
    if (name == "bucket") return Saw(seen, 1) && ReadText(reader, out.bucket);
    if (name == "data") return Saw(seen, 2) && ReadList(reader, out.operations, ReadOperation);
    if (name == "next_after") return Saw(seen, 4) && ReadOpId(reader, out.next_after);
    if (name == "after") return ReadOpId(reader, out.after);
    if (name == "has_more") return reader.Boolean(out.has_more);
    return reader.Skip();
  });
}

bool Read(JsonReader& reader, PartialCheckpointComplete& out) {
  return ReadObject(reader, 3, [&](std::string_view name, uint32_t& seen) {
    if (name == "last_op_id") return Saw(seen, 1) && ReadOpId(reader, out.last_op_id);
    if (name == "priority") return Saw(seen, 2) && ReadWhole(reader, out.priority, 0, 3);
    return reader.Skip();
  });
}

bool Read(JsonReader& reader, CheckpointComplete& out) {
  return ReadObject(reader, 1, [&](std::string_view name, uint32_t& seen) {
    if (name == "last_op_id") return Saw(seen, 1) && ReadOpId(reader, out.last_op_id);
    return reader.Skip();
  });
}

bool Read(JsonReader& reader, TokenExpires& out) {
  return ReadWhole(reader, out.seconds, INT64_MIN, INT64_MAX);
}

template <typename Kind>
bool ReadLine(JsonReader& reader, std::optional<Line>& line) {
  if (line) return reader.Refuse("a second line in one");
  return Read(reader, std::get<Kind>(line.emplace(Kind{})));
}

}  // namespace

Result<Line> DecodeJson(std::string_view text) {
  if (text.size() > limits::WireLineBytesMax)
    return Error{Code::LimitExceeded, fmt::format("a line of {} bytes", text.size())};
  JsonReader reader(text);
  std::optional<Line> line;
  ReadObject(reader, 0, [&](std::string_view name, uint32_t&) {
    if (name == "data") return ReadLine<Data>(reader, line);
    if (name == "checkpoint") return ReadLine<Checkpoint>(reader, line);
    if (name == "checkpoint_diff") return ReadLine<CheckpointDiff>(reader, line);
    if (name == "checkpoint_complete") return ReadLine<CheckpointComplete>(reader, line);
    if (name == "partial_checkpoint_complete") return ReadLine<PartialCheckpointComplete>(reader, line);
    if (name == "token_expires_in") return ReadLine<TokenExpires>(reader, line);
    return reader.Skip();
  });
  if (!reader.Finish()) return Error{Code::InvalidData, "malformed line: " + reader.problem()};
  if (!line) return Error{Code::InvalidData, "a line of an unknown kind"};
  return *std::move(line);
}

}  // namespace bulkhead::wire
