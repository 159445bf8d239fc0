// The bucket set of a session: which subscriptions it has, which buckets they give, what changed since.
#include "runtime/engine/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/engine/request.h"

namespace bulkhead::engine {

Result<std::unique_ptr<SessionState>> SessionState::Open(EngineState& engine, Request request) {
  BULKHEAD_CHECK_OK(CheckClaims(engine.plan.claims, request.auth));
  if (request.connection) BULKHEAD_CHECK_OK(CheckObject(*request.connection, "the connection parameters"));
  if (request.subscriptions.size() > limits::SubscriptionsPerSessionMax) {
    return Error{Code::InvalidRequest,
                 fmt::format("more than {} subscriptions in one session", limits::SubscriptionsPerSessionMax)};
  }
  std::unique_ptr<SessionState> session(new SessionState(engine, std::move(request)));
  BULKHEAD_CHECK_OK(session->AddSubscriptions());
  return session;
}

SessionState::SessionState(EngineState& engine, Request request)
    : engine_(engine), number_(engine.next_session++), request_(std::move(request)) {
  engine_.watches.sessions.emplace(number_, this);
  BecomeCandidate();
}

SessionState::~SessionState() {
  for (auto& [name, bucket] : buckets_) Forget(name, bucket);
  for (const auto& [key, count] : watchers_) Watches::Remove(engine_.watches.lookups, key, this);
  engine_.watches.sessions.erase(number_);
  engine_.watches.candidates.erase(number_);
}

Status SessionState::AddSubscriptions() {
  const auto& streams = engine_.plan.streams;
  for (uint32_t i = 0; i < streams.size() && request_.include_defaults; ++i) {
    if (!streams[i].auto_subscribe) continue;
    wire::Reason reason{true, StreamStateOf(streams[i].name, true)};
    AddSubscription(streams[i].name, i, reason, std::nullopt, std::nullopt);
  }
  for (uint32_t i = 0; i < request_.subscriptions.size(); ++i) {
    const Subscription& asked = request_.subscriptions[i];
    auto found = std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s.name == asked.stream; });
    std::optional<uint32_t> stream;
    if (found != streams.end()) stream = static_cast<uint32_t>(found - streams.begin());
    AddSubscription(asked.stream, stream, wire::Reason{false, i}, asked.parameters, asked.priority);
  }
  StateErrors();
  streams_changed_ = false;
  return Ok();
}

uint32_t SessionState::StreamStateOf(const std::string& name, bool is_default) {
  auto known = std::find_if(streams_.begin(), streams_.end(), [&](const auto& s) { return s.name == name; });
  if (known == streams_.end()) known = streams_.insert(known, {name, is_default, {}});
  return static_cast<uint32_t>(known - streams_.begin());
}

void SessionState::AddSubscription(const std::string& name, std::optional<uint32_t> stream, wire::Reason reason,
                                   const std::optional<std::string>& parameters, std::optional<uint8_t> priority) {
  SessionSubscription& made = subscriptions_.emplace_back();
  made.stream = stream;
  made.reason = reason;
  made.state_index = StreamStateOf(name, false);
  if (!stream) {
    made.refused = fmt::format("there is no stream `{}`", name);
    return;
  }
  const plan::Stream& declared = engine_.plan.streams[*stream];
  made.priority = priority.value_or(declared.priority);
  if (made.priority > 3) made.refused = "a priority is 0, 1, 2 or 3";
  auto checked = SubscriptionParameters(declared, parameters);
  if (checked) made.parameters = *std::move(checked);
  else made.refused = checked.error().message;
}

// ---- What commits say ----

void SessionState::BucketTouched(store::BucketRef bucket) {
  touched_buckets_.insert(bucket);
  BecomeCandidate();
}

void SessionState::BucketBorn(const std::string& name) {
  born_buckets_.insert(name);
  BecomeCandidate();
}

void SessionState::LookupTouched(const std::string& lookup_key) {
  for (SessionSubscription& s : subscriptions_) {
    if (std::binary_search(s.watched.begin(), s.watched.end(), lookup_key)) s.stale = true;
  }
  subscriptions_stale_ = true;
  BecomeCandidate();
}

void SessionState::EverythingTouched() {
  for (SessionSubscription& s : subscriptions_) s.stale = true;
  for (const auto& [name, bucket] : buckets_) {
    if (bucket.ref) touched_buckets_.insert(*bucket.ref);
    else born_buckets_.insert(name);
  }
  subscriptions_stale_ = true;
  BecomeCandidate();
}

// ---- The bucket set ----

Result<bool> SessionState::Refresh(store::Reader& reader) {
  newest_op_ = reader.head().last_op;
  if (subscriptions_stale_) BULKHEAD_CHECK_OK(EvaluateStale(reader));
  BULKHEAD_CHECK_OK(ReadStates(reader));
  return HasSomethingToSend();
}

bool SessionState::HasSomethingToSend() const {
  if (first_ || !complete_ || streams_changed_) return true;
  return std::any_of(buckets_.begin(), buckets_.end(), [](const auto& entry) { return entry.second.Differs(); });
}

Status SessionState::EvaluateStale(store::Reader& reader) {
  LookupReader lookups(reader, engine_.lookup_refs);
  for (SessionSubscription& subscription : subscriptions_) {
    if (!subscription.stale) continue;
    BULKHEAD_CHECK_OK(Evaluate(subscription, lookups));
  }
  subscriptions_stale_ = false;
  Assemble();
  return Ok();
}

Status SessionState::Evaluate(SessionSubscription& subscription, LookupReader& lookups) {
  subscription.bucket_names.clear();
  subscription.failure = subscription.refused;
  if (subscription.refused.empty()) {
    QuerierRun run{.lookups = lookups,
                   .limits = {engine_.options.lookup_rows_max, engine_.options.buckets_per_session_max}};
    run.request[static_cast<size_t>(vm::RequestPart::Auth)] = value::Value::Text(request_.auth);
    if (request_.connection) {
      run.request[static_cast<size_t>(vm::RequestPart::Connection)] = value::Value::Text(*request_.connection);
    }
    run.request[static_cast<size_t>(vm::RequestPart::Subscription)] = value::Value::Text(subscription.parameters);
    for (const CompiledQuerier& querier : engine_.queriers[*subscription.stream]) {
      BULKHEAD_CHECK_OK(RunQuerier(engine_.plan, querier, run));
      if (!run.failure.empty()) break;
    }
    subscription.failure = std::move(run.failure);
    if (subscription.failure.empty()) subscription.bucket_names = std::move(run.bucket_names);
    Watch(subscription, std::move(run.watched));
  }
  auto& names = subscription.bucket_names;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  subscription.stale = false;
  return Ok();
}

// Also after a failure: a change of what was read may end it.
void SessionState::Watch(SessionSubscription& subscription, std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const std::string& key : keys) {
    if (watchers_[key]++ == 0) engine_.watches.lookups[key].insert(this);
  }
  for (const std::string& key : subscription.watched) {
    auto count = watchers_.find(key);
    if (--count->second > 0) continue;
    watchers_.erase(count);
    Watches::Remove(engine_.watches.lookups, key, this);
  }
  subscription.watched = std::move(keys);
}

// The union over subscriptions, with reasons and the most urgent priority.
void SessionState::Assemble() {
  for (auto& [name, bucket] : buckets_) {
    bucket.wanted = false;
    bucket.now.reasons.clear();
  }
  size_t wanted_count = 0;
  for (SessionSubscription& subscription : subscriptions_) Claim(subscription, wanted_count);
  for (auto at = buckets_.begin(); at != buckets_.end();) {
    bool keep = at->second.wanted || at->second.told;
    if (!at->second.wanted) Forget(at->first, at->second);
    at = keep ? std::next(at) : buckets_.erase(at);
  }
  StateErrors();
}

// The first subscription that does not fit is refused as a whole; later ones may still fit.
void SessionState::Claim(SessionSubscription& subscription, size_t& wanted_count) {
  size_t more = 0;
  for (const std::string& name : subscription.bucket_names) {
    auto known = buckets_.find(name);
    if (known == buckets_.end() || !known->second.wanted) ++more;
  }
  size_t max = engine_.options.buckets_per_session_max;
  if (wanted_count + more > max) {
    subscription.failure = fmt::format("the session has {} buckets, and {} more would pass its limit of {}",
                                       wanted_count, more, max);
    return;
  }
  if (!subscription.bucket_names.empty()) subscription.failure.clear();
  wanted_count += more;
  for (const std::string& name : subscription.bucket_names) {
    SessionBucket& bucket = buckets_[name];
    bucket.now.priority = bucket.wanted ? std::min(bucket.now.priority, subscription.priority) : subscription.priority;
    bucket.wanted = true;
    bucket.now.reasons.push_back(subscription.reason);
  }
}

void SessionState::StateErrors() {
  std::vector<wire::StreamState> before = streams_;
  for (wire::StreamState& stream : streams_) stream.errors.clear();
  for (const SessionSubscription& s : subscriptions_) {
    const std::string& message = s.refused.empty() ? s.failure : s.refused;
    if (message.empty()) continue;
    std::optional<uint32_t> index;
    if (!s.reason.is_default) index = s.reason.index;
    streams_[s.state_index].errors.push_back({index, message});
  }
  auto same = [](const wire::StreamState& a, const wire::StreamState& b) {
    return std::equal(a.errors.begin(), a.errors.end(), b.errors.begin(), b.errors.end(),
                      [](const auto& x, const auto& y) {
                        return x.subscription == y.subscription && x.message == y.message;
                      });
  };
  if (!std::equal(before.begin(), before.end(), streams_.begin(), same)) streams_changed_ = true;
}

// Stops watching the bucket.
void SessionState::Forget(const std::string& name, SessionBucket& bucket) {
  if (bucket.ref) Watches::Remove(engine_.watches.buckets, *bucket.ref, this);
  else if (bucket.watched) Watches::Remove(engine_.watches.unborn, name, this);
  bucket.ref.reset();
  bucket.watched = false;
  bucket.now.state = {};
}

Status SessionState::ReadStates(store::Reader& reader) {
  for (auto& [name, bucket] : buckets_) {
    if (!bucket.wanted) continue;
    bool touched = bucket.ref ? touched_buckets_.contains(*bucket.ref) : born_buckets_.contains(name);
    if (touched || !bucket.watched) BULKHEAD_CHECK_OK(ReadState(reader, name, bucket));
  }
  touched_buckets_.clear();
  born_buckets_.clear();
  return Ok();
}

Status SessionState::ReadState(store::Reader& reader, const std::string& name, SessionBucket& bucket) {
  if (!bucket.ref) {
    BULKHEAD_TRY(std::optional<store::BucketRef> found, reader.FindBucket(name));
    if (found) {
      if (bucket.watched) Watches::Remove(engine_.watches.unborn, name, this);
      engine_.watches.buckets[*found].insert(this);
      bucket.ref = found;
    } else {
      engine_.watches.unborn[name].insert(this);
    }
    bucket.watched = true;
  }
  if (!bucket.ref) return Ok();
  BULKHEAD_TRY(bucket.now.state, reader.Bucket(*bucket.ref));
  return Ok();
}

std::vector<std::string> SessionState::BucketNames() const {
  std::vector<std::string> names;
  for (const auto& [name, bucket] : buckets_) {
    if (bucket.wanted) names.push_back(name);
  }
  return names;
}

}  // namespace bulkhead::engine
