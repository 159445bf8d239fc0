// A host program: it loads a plan, feeds rows from wherever it has them, and serves one user.
//
//   bulkhead compile notes.sync -o notes.json
//   embed notes.json                        prints the protocol's lines for Alice
//   embed notes.json state.db alice.db      keeps a store and Alice's database; a second run goes on
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

#include "runtime/client/client.h"
#include "runtime/engine/engine.h"
#include "runtime/plan/load.h"
#include "runtime/store/memory.h"
#include "runtime/store/sqlite.h"

using namespace bulkhead;
using value::Value;

namespace {

// The column names of a table: one object for all its rows.
const auto MemberShape = std::make_shared<const value::RowShape>(value::RowShape{{"user_id", "list_id"}});
const auto NoteShape = std::make_shared<const value::RowShape>(value::RowShape{{"id", "list_id", "body"}});

Status PutMember(value::ChangeSink& sink, std::string_view user, std::string_view list) {
  const Value row[] = {Value::Text(user), Value::Text(list)};
  return sink.Upsert("members", row, {MemberShape, row});  // both columns are the key
}

Status PutNote(value::ChangeSink& sink, std::string_view id, std::string_view list, std::string_view body) {
  const Value row[] = {Value::Text(id), Value::Text(list), Value::Text(body)};
  return sink.Upsert("notes", {row, 1}, {NoteShape, row});  // the first column is the key
}

// Once: every row there is. "0" is our own word for how far we have read; the engine gives it back after a restart.
Status FirstLoad(engine::Engine& engine) {
  BULKHEAD_TRY(auto load, engine.BeginLoad());
  BULKHEAD_CHECK_OK(PutMember(*load, "alice", "groceries"));
  BULKHEAD_CHECK_OK(PutNote(*load, "n1", "groceries", "bread"));
  BULKHEAD_CHECK_OK(PutNote(*load, "n2", "garden", "rake"));
  BULKHEAD_CHECK_OK(load->FinishTable("members"));
  BULKHEAD_CHECK_OK(load->FinishTable("notes"));
  auto finished = load->Finish("0");
  return finished ? Ok() : Status(finished.error());
}

// One transaction of the source: Alice joins another list, and something in hers changes.
Status Change(engine::Engine& engine) {
  BULKHEAD_TRY(auto batch, engine.BeginBatch());
  BULKHEAD_CHECK_OK(PutMember(*batch, "alice", "garden"));
  BULKHEAD_CHECK_OK(PutNote(*batch, "n1", "groceries", "bread, two loaves"));
  auto committed = batch->Commit("1");
  return committed ? Ok() : Status(committed.error());
}

// Writes each line as NDJSON, as a server would send it.
class PrintLines : public wire::LineSink {
 public:
  Status Take(const wire::Line& line) override {
    std::cout << wire::EncodeJson(line) << "\n";
    return Ok();
  }
};

// Brings `sink` up to date, changes the source, and brings it up to date again.
Status Serve(engine::Engine& engine, wire::LineSink& sink, engine::Request request) {
  request.auth = R"({"sub": "alice"})";
  BULKHEAD_TRY(auto session, engine.OpenSession(std::move(request)));
  BULKHEAD_TRY(auto first, session->Advance(sink));
  if (engine.head().source_position == "0") BULKHEAD_CHECK_OK(Change(engine));
  BULKHEAD_TRY(auto stale, engine.StaleSessions());  // those that Advance would send something to
  for (engine::Session* each : stale) {
    BULKHEAD_TRY(first, each->Advance(sink));
  }
  std::cerr << "at operation " << first.last_op_id << "\n";
  return Ok();
}

void PrintChanges(const client::Applied& applied) {
  for (const auto& t : applied.tables)
    std::cout << t.table << " +" << t.gained << " ~" << t.changed << " -" << t.lost << "\n";
}

Status Run(const std::string& plan_file, const std::string& store_file, const std::string& client_file) {
  std::ifstream in(plan_file, std::ios::binary);
  BULKHEAD_TRY(auto plan, plan::Load(std::string(std::istreambuf_iterator<char>(in), {})));
  std::unique_ptr<store::Store> store = store::OpenMemory();
  if (!store_file.empty()) {
    BULKHEAD_TRY(store, store::OpenSqlite(store_file));
  }
  BULKHEAD_TRY(auto engine, engine::Engine::Open(std::move(plan), *store));
  if (!engine->head().loaded) BULKHEAD_CHECK_OK(FirstLoad(*engine));

  PrintLines lines;
  if (client_file.empty()) return Serve(*engine, lines, {});
  client::Options options;
  options.on_applied = PrintChanges;
  BULKHEAD_TRY(auto client, client::Client::Open(client_file, std::move(options)));
  engine::Request request;
  for (auto& [bucket, after] : client->Connect()) request.positions.push_back({bucket, after});
  return Serve(*engine, *client, std::move(request));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return std::cerr << "usage: embed PLAN.json [STORE.db CLIENT.db]\n", 2;
  Status status = Run(argv[1], argc == 4 ? argv[2] : "", argc == 4 ? argv[3] : "");
  if (!status) std::cerr << "error: " << status.error().message << "\n";
  return status ? 0 : 1;
}
