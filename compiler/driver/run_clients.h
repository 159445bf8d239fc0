// The clients of `run`: one local file and one session each, kept up to date.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/driver/run_report.h"
#include "runtime/base/result.h"
#include "runtime/client/client.h"
#include "runtime/engine/engine.h"

namespace bulkhead::driver {

struct ClientSpec {
  std::string path;
  std::string claims;  // JSON object
  std::vector<engine::Subscription> subscriptions;
};

// "alice.db={"sub":"alice"}". InvalidRequest when there is no "=" or no name before it.
Result<ClientSpec> ParseClient(const std::string& text);
// "alice.db=stream" or "alice.db=stream:{"p": 1}": adds to one of `clients`. InvalidRequest, NotFound for an unknown file.
Status AddSubscription(std::vector<ClientSpec>& clients, const std::string& text);

class RunClients {
 public:
  // `patient`: a client whose file is locked is waited for however long it takes.
  RunClients(RunReport& report, bool patient);
  RunClients(const RunClients&) = delete;
  ~RunClients();  // saves what clients have of unfinished checkpoints

  // Opens every file.
  Status Open(const std::vector<ClientSpec>& specs);
  // A session for each. InvalidRequest when the engine refuses the claims of one.
  Status Connect(engine::Engine& engine);

  // Advances what is stale, a slice each in turn, until all is told or `stop()`. A client whose file is locked or
  // refuses, or that needs a new session, is tried again later, and given up when that never helps; the others go on.
  // Failures are the engine's.
  Status Advance(const std::function<bool()>& stop);

  // Every client that was not given up has been told everything.
  bool up_to_date() const;
  bool all_given_up() const;
  // Of the clients that were given up.
  Status Failure() const;
  // When to call Advance again though nothing changed in the source; none when there is no need.
  std::optional<Clock::time_point> retry_at() const;

 private:
  struct Live;
  Status AdvanceOne(Live& live);
  Status OpenSession(Live& live);
  Status Failed(Live& live, const Error& error);
  void TellErrors(Live& live);

  RunReport& report_;
  const bool patient_;
  engine::Engine* engine_ = nullptr;
  std::vector<std::unique_ptr<Live>> clients_;
};

}  // namespace bulkhead::driver
