#include "runtime/engine/engine.h"

#include <fmt/format.h>

#include "runtime/engine/relations.h"
#include "runtime/engine/session.h"
#include "runtime/engine/state.h"
#include "runtime/engine/writing.h"
#include "runtime/plan/load.h"

namespace bulkhead::engine {
namespace {

Error PlanMismatch(const store::Store& store, const std::string& stored, const std::string& given) {
  return {Code::PlanMismatch,
          fmt::format("store `{}` holds the state of another plan ({:.12}, this one is {:.12}); to serve this plan, run "
                      "again with --rebuild (loads everything anew) or with another --store path",
                      store.Describe(), stored, given)};
}

class EngineObject final : public Engine {
 public:
  EngineObject(plan::Plan plan, store::Store& store, Options options)
      : state_(std::move(plan), store, std::move(options)) {}

  ~EngineObject() override {
    if (claimed_) state_.store.Release();
  }

  Status Start() {
    claimed_ = state_.store.Claim();
    if (!claimed_) {
      return Error{Code::StorageBusy, fmt::format("store `{}` has another engine", state_.store.Describe())};
    }
    BULKHEAD_CHECK_OK(CompileQueriers());
    return BindStore();
  }

  const plan::Plan& plan() const override { return state_.plan; }
  const store::Head& head() const override { return state_.head; }

  Result<std::unique_ptr<Batch>> BeginBatch() override {
    if (state_.writing) return Error{Code::StorageBusy, "a batch or a load is under way"};
    if (state_.head.loading) return Error{Code::StorageBusy, "a load was begun and not finished: go on with BeginLoad"};
    return MakeBatch(state_);
  }

  Result<std::unique_ptr<Load>> BeginLoad() override {
    if (state_.writing) return Error{Code::StorageBusy, "a batch or a load is under way"};
    return MakeLoad(state_);
  }

  Result<std::unique_ptr<Session>> OpenSession(Request request) override {
    BULKHEAD_TRY(auto session, SessionState::Open(state_, std::move(request)));
    return std::unique_ptr<Session>(std::move(session));
  }

  Result<std::vector<Session*>> StaleSessions() override {
    std::vector<Session*> stale;
    auto& candidates = state_.watches.candidates;
    if (!state_.served() || candidates.empty()) return stale;
    auto reader = state_.store.Read();
    if (!reader) return state_.InStore(reader.error());
    for (auto at = candidates.begin(); at != candidates.end();) {
      auto something = at->second->Refresh(**reader);
      if (!something) return state_.InStore(something.error());
      if (*something) stale.push_back(at->second);
      at = *something ? std::next(at) : candidates.erase(at);
    }
    return stale;
  }

 private:
  Status CompileQueriers() {
    for (const plan::Stream& stream : state_.plan.streams) {
      auto& queriers = state_.queriers.emplace_back();
      for (const plan::Querier& querier : stream.queriers) {
        BULKHEAD_TRY(CompiledQuerier compiled, CompileQuerier(state_.plan, querier));
        queriers.push_back(std::move(compiled));
      }
    }
    return Ok();
  }

  // Checks whose store it is, and gives names their numbers.
  Status BindStore() {
    BULKHEAD_TRY(auto writer, state_.store.Begin());
    store::Head head = writer->head();
    std::string digest = HexLower(state_.plan.digest);
    if (!head.plan_digest.empty() && head.plan_digest != digest) {
      return PlanMismatch(state_.store, head.plan_digest, digest);
    }
    uint64_t names = writer->NameCount();
    BULKHEAD_CHECK_OK(InternNames(*writer));
    head.plan_digest = digest;
    if (names != writer->NameCount() || head != writer->head()) BULKHEAD_CHECK_OK(writer->Commit(head));
    state_.head = head;
    return Ok();
  }

  Status InternNames(store::Writer& writer) {
    const plan::Plan& plan = state_.plan;
    for (const plan::Table& table : plan.tables) {
      BULKHEAD_TRY(state_.table_refs.emplace_back(), writer.Intern("table:" + table.QualifiedName()));
    }
    for (const plan::Pipeline& pipeline : plan.pipelines) {
      // Of a wildcard: interned as its tables come.
      store::NameRef& type = state_.type_refs.emplace_back();
      if (pipeline.output_table.empty()) continue;
      BULKHEAD_TRY(type, writer.Intern(pipeline.output_table));
    }
    for (uint32_t lookup = 0; lookup < plan.lookups.size(); ++lookup) {
      BULKHEAD_TRY(state_.lookup_refs.emplace_back(), writer.Intern(plan::LookupId(plan, lookup)));
    }
    return OpenRelations(state_, writer);
  }

  EngineState state_;
  bool claimed_ = false;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(plan::Plan plan, store::Store& store, Options options) {
  // A loaded plan keeps the digest it was loaded with, which may cover more than this version knows.
  BULKHEAD_CHECK_OK(plan.digest == Digest{} ? plan::Finish(plan) : plan::Verify(plan));
  auto engine = std::make_unique<EngineObject>(std::move(plan), store, std::move(options));
  BULKHEAD_CHECK_OK(engine->Start());
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace bulkhead::engine
