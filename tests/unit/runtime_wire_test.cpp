#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>

#include "runtime/wire/json_reader.h"
#include "runtime/wire/line.h"

using namespace bulkhead;
using namespace bulkhead::wire;

namespace {

uint64_t Seed() {
  const char* fixed = std::getenv("BULKHEAD_SEED");
  return fixed ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
}

std::string DecodeError(std::string_view text) {
  Result<Line> line = DecodeJson(text);
  return line ? "" : line.error().message;
}

std::filesystem::path Recordings() { return std::filesystem::path(BULKHEAD_ROOT) / "../shared/protocol"; }

// The protocol lines of a recording; remarks of the recorder left out.
std::vector<std::string> RecordedLines(const char* file) {
  std::ifstream in(Recordings() / file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("{\"") && !line.starts_with("{\"_")) lines.push_back(line);
  return lines;
}

std::string RandomText(std::mt19937_64& random) {
  static const std::vector<std::string> Pieces = {"a", "tasks", "\"", "\\", "\n", std::string(1, '\0'), "\x1f", "é",
                                                  "漢", "😀", "/", "\x7f", "0123456789abcdef0123456789"};
  std::string text;
  for (size_t n = random() % 8; n > 0; --n) text += Pieces[random() % Pieces.size()];
  return text;
}

BucketState RandomBucket(std::mt19937_64& random) {
  BucketState bucket{RandomText(random), static_cast<uint32_t>(random()), random() >> 40, static_cast<uint8_t>(random() % 4), {}};
  for (size_t n = random() % 3; n > 0; --n)
    bucket.subscriptions.push_back({random() % 2 == 0, static_cast<uint32_t>(random() % 9)});
  return bucket;
}

Operation RandomOperation(std::mt19937_64& random) {
  Operation operation;
  operation.op_id = random() >> 1;
  operation.kind = static_cast<OpKind>(1 + random() % 4);
  operation.checksum = static_cast<uint32_t>(random());
  if (operation.kind > OpKind::Remove) return operation;
  operation.object_type = RandomText(random);
  operation.object_id = RandomText(random);
  operation.subkey = RandomText(random);
  if (operation.kind == OpKind::Put) operation.data = "{" + RandomText(random);
  return operation;
}

Line RandomLine(std::mt19937_64& random) {
  auto write_checkpoint = [&] { return random() % 2 ? std::optional<uint64_t>(random() >> 1) : std::nullopt; };
  switch (random() % 6) {
    case 0: {
      Checkpoint line{random() >> 1, write_checkpoint(), {}, {}};
      for (size_t n = random() % 4; n > 0; --n) line.buckets.push_back(RandomBucket(random));
      for (size_t n = random() % 3; n > 0; --n) {
        StreamState& stream = line.streams.emplace_back(StreamState{RandomText(random), random() % 2 == 0, {}});
        stream.errors.push_back({std::nullopt, RandomText(random)});
        stream.errors.push_back({static_cast<uint32_t>(random() % 7), RandomText(random)});
      }
      return line;
    }
    case 1: {
      CheckpointDiff line{random() >> 1, write_checkpoint(), {RandomBucket(random)}, {}};
      for (size_t n = random() % 3; n > 0; --n) line.removed_buckets.push_back(RandomText(random));
      return line;
    }
    case 2: {
      Data line{RandomText(random), random() >> 1, random() >> 1, random() % 2 == 0, {}};
      for (size_t n = random() % 6; n > 0; --n) line.operations.push_back(RandomOperation(random));
      return line;
    }
    case 3: return PartialCheckpointComplete{random() >> 1, static_cast<uint8_t>(random() % 4)};
    case 4: return CheckpointComplete{random() >> 1};
    default: return TokenExpires{static_cast<int64_t>(random() % 100) - 10};
  }
}

}  // namespace

TEST_CASE("recorded lines decode and encode to the same text") {
  if (!std::filesystem::exists(Recordings())) {
    WARN("skipped: no recordings at " << Recordings());
    return;
  }
  std::vector<std::string> lines = RecordedLines("session.ndjson");
  for (const std::string& line : RecordedLines("resume.ndjson")) lines.push_back(line);
  REQUIRE(lines.size() > 20);
  for (const std::string& recorded : lines) {
    INFO(recorded);
    Result<Line> line = DecodeJson(recorded);
    REQUIRE(line);
    CHECK(EncodeJson(*line) == std::regex_replace(recorded, std::regex(R"re(,"_cut":"[^"]*")re"), ""));
  }
}

TEST_CASE("checksums are those of recorded operations") {
  if (!std::filesystem::exists(Recordings())) {
    WARN("skipped: no recordings at " << Recordings());
    return;
  }
  int puts = 0, removes = 0, embedded = 0;
  for (const char* file : {"session.ndjson", "token-expiry.ndjson"}) {
    for (const std::string& recorded : RecordedLines(file)) {
      Result<Line> line = DecodeJson(recorded);
      REQUIRE(line);
      auto* data = std::get_if<Data>(&*line);
      if (!data) continue;
      embedded += recorded.find(R"("data":{"id")") != std::string::npos;
      for (const Operation& operation : data->operations) {
        INFO(operation.data);
        if (operation.kind == OpKind::Put) {
          CHECK(operation.checksum == PutChecksum(operation.object_type, operation.object_id, operation.data));
          ++puts;
        } else {
          CHECK(operation.checksum == RemoveChecksum(operation.subkey));
          ++removes;
        }
      }
    }
  }
  CHECK(puts > 8);
  CHECK(removes == 1);
  CHECK(embedded > 0);
}

TEST_CASE("checksums without recordings") {
  CHECK(PutChecksum("users", "0bdaa2ec-8de7-9fa2-012b-e29285cb06f5",
                    R"({"id":"0bdaa2ec-8de7-9fa2-012b-e29285cb06f5","name":"User 101","email":"user101@example.com",)"
                    R"("created_at":"2026-01-01T01:41:00.000000Z"})") == 1813703553u);
  CHECK(RemoveChecksum("3f09b062-f570-4d35-9503-72a78c2c6785/12c69b29-a427-5cc4-a203-e65ff5ff6194") == 932214130u);
}

TEST_CASE("any line survives encoding and decoding") {
  uint64_t seed = Seed();
  INFO("BULKHEAD_SEED=" << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::string text = EncodeJson(RandomLine(random));
    INFO(text);
    REQUIRE(text.find('\n') == std::string::npos);
    Result<Line> line = DecodeJson(text);
    REQUIRE(DecodeError(text) == "");
    REQUIRE(EncodeJson(*line) == text);
  }
}

TEST_CASE("damaged lines are refused or read, never more") {
  uint64_t seed = Seed();
  INFO("BULKHEAD_SEED=" << seed);
  std::mt19937_64 random(seed);
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text = EncodeJson(RandomLine(random));
    for (size_t n = 1 + random() % 3; n > 0; --n) {
      size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at);
        break;
      }
      text[at] = static_cast<char>(random());
    }
    refused += !DecodeJson(text);
  }
  CHECK(refused > 10000);
}

TEST_CASE("what a line must have") {
  CHECK(DecodeError(R"({"checkpoint_complete":{"last_op_id":"1"}})") == "");
  CHECK(DecodeError(R"( { "new_thing" : [1,{"a":[]}] , "checkpoint_complete" : { "x" : null , "last_op_id" : "1" } } )") == "");
  CHECK(DecodeError("") != "");
  CHECK(DecodeError("[]") != "");
  CHECK(DecodeError("{}") == "a line of an unknown kind");
  CHECK(DecodeError(R"({"unheard_of":{}})") == "a line of an unknown kind");
  CHECK(DecodeError(R"({"checkpoint_complete":{}})") != "");
  CHECK(DecodeError(R"({"checkpoint_complete":{"last_op_id":1}})") != "");
  CHECK(DecodeError(R"({"checkpoint_complete":{"last_op_id":"-1"}})") != "");
  CHECK(DecodeError(R"({"checkpoint_complete":{"last_op_id":""}})") != "");
  CHECK(DecodeError(R"({"checkpoint_complete":{"last_op_id":"9223372036854775808"}})") != "");
  CHECK(DecodeError(R"({"checkpoint_complete":{"last_op_id":"1"}} x)") != "");
  CHECK(DecodeError(R"({"checkpoint_complete":{"last_op_id":"1"},"token_expires_in":1})") != "");
  CHECK(DecodeError(R"({"partial_checkpoint_complete":{"last_op_id":"1","priority":4}})") != "");
  CHECK(DecodeError(R"({"data":{"bucket":"b","data":[{"op_id":"1","op":"PUT","checksum":1}],"next_after":"1"}})") != "");
  CHECK(DecodeError(R"({"data":{"bucket":"b","data":[{"op_id":"1","op":"DROP","checksum":1}],"next_after":"1"}})") != "");
  CHECK(DecodeError(R"({"data":{"bucket":"b","data":[{"op_id":"1","op":"MOVE","checksum":1}],"next_after":"1"}})") == "");
  CHECK(DecodeError(R"({"data":{"bucket":"\ud800","data":[],"next_after":"1"}})").find("surrogate") != std::string::npos);
  CHECK(DecodeError("{\"x\":" + std::string(5'000'000, '[')).find("too deeply") != std::string::npos);
  CHECK(DecodeError("{\"x\":\"\xff\"}").find("UTF-8") != std::string::npos);
}

TEST_CASE("a bucket's sum may be signed or unsigned") {
  for (const char* sum : {"-1904915826", "2390051470"}) {
    Result<Line> line = DecodeJson(R"({"checkpoint":{"last_op_id":"1","buckets":[{"bucket":"b","checksum":)" +
                                   std::string(sum) + R"(,"count":1,"priority":3}]}})");
    REQUIRE(line);
    CHECK(std::get<Checkpoint>(*line).buckets[0].checksum == 2390051470u);
  }
  CHECK(DecodeError(R"({"checkpoint":{"last_op_id":"1","buckets":[{"bucket":"b","checksum":4294967296}]}})") != "");
}

TEST_CASE("the reader takes exactly JSON") {
  auto valid = [](std::string_view text) {
    JsonReader reader(text);
    return reader.Skip() && reader.Finish();
  };
  for (const char* text : {"0", "-0", "1.5e+10", "\"\\u0000\\ud83d\\ude00\"", "[]", "[1,[2,{}]]", "{\"a\":{\"b\":null}}", " true "})
    CHECK(valid(text));
  for (const char* text : {"", " ", "01", "1.", ".5", "+1", "1e", "-", "nul", "truex", "[1,]", "[,1]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
                           "[1 2]", "\"\\x\"", "\"\\u12g4\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "\"abc", "[", "{", "]", "1 2",
                           "\xef\xbb\xbf{}", "\"\xc0\x80\"", "\"\xe6\xbc\"", "\"abcdefgh\xff\"", "\"\xed\xa0\x80\""}) {
    INFO(text);
    CHECK_FALSE(valid(text));
  }
  CHECK(valid(std::string(1000, '[') + std::string(1000, ']')));
  CHECK_FALSE(valid(std::string(1001, '[') + std::string(1001, ']')));
}
