// Plans of any bytes, run: whatever verifies is opened, takes rows of its tables, and serves a session into a
// client. Rows, keys and claims come from few values, so that they meet.
#include <algorithm>
#include <cstdlib>

#include "runtime/client/client.h"
#include "runtime/engine/engine.h"
#include "runtime/plan/load.h"
#include "runtime/store/memory.h"
#include "tests/fuzz/plan_bytes.h"

using namespace bulkhead;
using value::Value;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

const Value Values[] = {Value::Text("alice"), Value::Integer(1),         Value::Text("w1"), Value::Null(),
                        Value::Real(0.5),     Value::Text("[\"w1\",1]"), Value::Blob("b")};

// Row `number` of a table: its columns take turns through the values.
Status PutRow(value::ChangeSink& sink, const plan::Table& table, size_t number) {
  auto shape = std::make_shared<value::RowShape>();
  shape->columns = table.open ? table.key : table.columns;
  std::vector<Value> row, key;
  for (size_t i = 0; i < shape->columns.size(); ++i)
    row.push_back(Values[(number + i * number) % std::size(Values)]);
  for (const std::string& column : table.key) {
    auto found = std::find(shape->columns.begin(), shape->columns.end(), column);
    key.push_back(found == shape->columns.end() ? Values[0] : row[found - shape->columns.begin()]);
  }
  if (number % 5 == 4) return sink.Delete(table.QualifiedName(), key);
  return sink.Upsert(table.QualifiedName(), key, {shape, row});
}

Status PutRows(value::ChangeSink& sink, const plan::Plan& plan, size_t from) {
  for (const plan::Table& table : plan.tables) {
    for (size_t number = from; number < from + 6; ++number) BULKHEAD_CHECK_OK(PutRow(sink, table, number));
  }
  return Ok();
}

Status Run(plan::Plan plan) {
  std::unique_ptr<store::Store> store = store::OpenMemory();
  BULKHEAD_TRY(auto engine, engine::Engine::Open(std::move(plan), *store));
  {
    BULKHEAD_TRY(auto load, engine->BeginLoad());
    BULKHEAD_CHECK_OK(PutRows(*load, engine->plan(), 0));
    BULKHEAD_TRY(auto loaded, load->Finish("0"));
    static_cast<void>(loaded);
  }
  BULKHEAD_TRY(auto client, client::Client::Open(":memory:", {}));
  client->Connect();
  engine::Request request;
  request.auth = R"({"sub": "alice", "ids": ["w1", 1]})";
  for (const plan::Stream& stream : engine->plan().streams)
    request.subscriptions.push_back({stream.name, "{}", {}});
  BULKHEAD_TRY(auto session, engine->OpenSession(std::move(request)));
  for (size_t step = 1; step < 4; ++step) {
    auto advanced = session->Advance(*client);
    // What the engine sends, its client takes.
    if (!advanced) Require(advanced.error().code != Code::InvalidData);
    BULKHEAD_TRY(auto batch, engine->BeginBatch());
    BULKHEAD_CHECK_OK(PutRows(*batch, engine->plan(), step * 3));
    BULKHEAD_TRY(auto committed, batch->Commit("1"));
    static_cast<void>(committed);
  }
  return Ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  auto loaded = plan::Load(WithRightDigest({reinterpret_cast<const char*>(bytes), size}));
  if (loaded) static_cast<void>(Run(*std::move(loaded)));
  return 0;
}
