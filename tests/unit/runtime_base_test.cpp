#include <catch2/catch.hpp>

#include "runtime/base/hash.h"
#include "runtime/base/id.h"
#include "runtime/base/result.h"

using namespace bulkhead;

TEST_CASE("hash: SHA-256 of the standard's examples, whole and in parts") {
  CHECK(HexLower(Sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(HexLower(Sha256({"abc"})) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::string long_text(1'000'000, 'a');
  CHECK(HexLower(Sha256({long_text})) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK(Sha256({"a", "", "bc"}) == Sha256({"abc"}));
  CHECK(Sha256({std::string_view(long_text).substr(0, 70), std::string_view(long_text).substr(70)}) == Sha256({long_text}));
}

TEST_CASE("id: stores keep references and tell ids apart") {
  Store<std::string> store;
  Id<std::string> first = store.Add("first");
  const std::string& reference = store[first];
  for (int i = 0; i < 1000; ++i) store.Add("more");
  CHECK(reference == "first");
  CHECK(store.size() == 1001);
  CHECK_FALSE(Id<std::string>().HasValue());
  CHECK(first != store.Add("first"));
}

namespace {
Result<int> Half(int v) {
  if (v % 2) return Error{Code::InvalidData, "odd"};
  return v / 2;
}
Result<int> Quarter(int v) {
  BULKHEAD_TRY(int half, Half(v));
  BULKHEAD_TRY(int quarter, Half(half));
  return quarter;
}
Status Check(int v) {
  BULKHEAD_TRY([[maybe_unused]] int half, Half(v));
  return Ok();
}
Status CheckBoth(int a, int b) {
  BULKHEAD_CHECK_OK(Check(a));
  BULKHEAD_CHECK_OK(Check(b));
  return Ok();
}
}  // namespace

TEST_CASE("result: the first error comes out") {
  REQUIRE(Quarter(8));
  CHECK(*Quarter(8) == 2);
  REQUIRE_FALSE(Quarter(6));
  CHECK(Quarter(6).error().message == "odd");
  CHECK(CheckBoth(2, 4));
  CHECK(CheckBoth(2, 3).error().code == Code::InvalidData);
}
