// One session: what it may have, what it has been told. Private to the engine.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "runtime/engine/state.h"

namespace bulkhead::engine {

// One subscription of a request, or the default one of an auto-subscribe stream.
struct SessionSubscription {
  std::optional<uint32_t> stream;  // in Plan::streams; none: no such stream
  uint32_t state_index = 0;        // in SessionState::streams_
  wire::Reason reason;
  uint8_t priority = 3;
  std::string parameters;          // checked, defaults filled in
  std::string refused;             // why it is never evaluated; empty when it is

  // Of the last evaluation.
  bool stale = true;
  std::string failure;                    // why it has no buckets
  std::vector<std::string> bucket_names;  // sorted, distinct
  std::vector<std::string> watched;       // LookupKeys, sorted, distinct
};

// A bucket as it is and as the client knows it.
struct SessionBucket {
  struct View {
    store::BucketState state;
    uint8_t priority = 3;
    std::vector<wire::Reason> reasons;
    friend bool operator==(const View&, const View&) = default;
  };
  bool wanted = false;
  View now;
  std::optional<store::BucketRef> ref;  // none: it has no operations yet
  bool watched = false;                 // `ref` and the state are kept up to date by touches
  bool told = false;
  View said;              // meaningful when told
  uint64_t position = 0;  // the client has the operations up to here

  bool Differs() const { return wanted != told || (wanted && now != said); }
};

class SessionState final : public Session {
 public:
  static Result<std::unique_ptr<SessionState>> Open(EngineState& engine, Request request);
  ~SessionState() override;

  Result<Advanced> Advance(wire::LineSink& sink, uint64_t operations_max) override;
  const std::vector<wire::StreamState>& streams() const override { return streams_; }
  std::vector<std::string> BucketNames() const override;

  // From commits.
  void BucketTouched(store::BucketRef bucket);
  void BucketBorn(const std::string& name);
  void LookupTouched(const std::string& lookup_key);
  void EverythingTouched();

  // Whether Advance would send something; brings the bucket set up to date.
  Result<bool> Refresh(store::Reader& reader);

 private:
  SessionState(EngineState& engine, Request request);
  Status AddSubscriptions();
  void AddSubscription(const std::string& name, std::optional<uint32_t> stream, wire::Reason reason,
                       const std::optional<std::string>& parameters, std::optional<uint8_t> priority);
  uint32_t StreamStateOf(const std::string& name, bool is_default);
  void BecomeCandidate() { engine_.watches.candidates.emplace(number_, this); }

  Status EvaluateStale(store::Reader& reader);
  Status Evaluate(SessionSubscription& subscription, LookupReader& lookups);
  void Watch(SessionSubscription& subscription, std::vector<std::string> keys);
  void Assemble();
  void Claim(SessionSubscription& subscription, size_t& wanted_count);
  void StateErrors();
  void Forget(const std::string& name, SessionBucket& bucket);
  Status ReadStates(store::Reader& reader);
  Status ReadState(store::Reader& reader, const std::string& name, SessionBucket& bucket);
  bool HasSomethingToSend() const;

  Status Announce(wire::LineSink& sink);
  wire::Line MakeCheckpoint() const;
  wire::Line MakeDiff() const;
  void NoteAnnounced();
  // Both answer whether everything was sent.
  Result<bool> SendData(store::Reader& reader, wire::LineSink& sink, uint64_t operations_max, Advanced& advanced);
  Result<bool> SendBucket(store::Reader& reader, const std::string& name, SessionBucket& bucket,
                          wire::LineSink& sink, uint64_t operations_max, Advanced& advanced);
  Status SendPart(store::Reader& reader, const std::string& name, SessionBucket& bucket, wire::LineSink& sink,
                  Advanced& advanced);

  EngineState& engine_;
  const uint64_t number_;
  Request request_;
  std::vector<SessionSubscription> subscriptions_;
  std::vector<wire::StreamState> streams_;
  std::map<std::string, SessionBucket> buckets_;
  std::unordered_map<std::string, uint32_t> watchers_;  // LookupKey -> how many subscriptions watch it

  // What commits have touched since the last Refresh.
  std::unordered_set<store::BucketRef> touched_buckets_;
  std::unordered_set<std::string> born_buckets_;
  bool subscriptions_stale_ = true;

  // The checkpoint the client is being brought to.
  bool first_ = true;           // no Checkpoint line yet
  bool streams_changed_ = false;
  bool complete_ = false;       // CheckpointComplete was sent for it
  int partial_done_ = -1;       // PartialCheckpointComplete was sent up to this priority
  uint64_t announced_op_ = 0;
  uint64_t newest_op_ = 0;      // head's at the last Refresh
};

}  // namespace bulkhead::engine
