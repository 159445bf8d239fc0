// Shrinking by deletion: the n-th thing that can be left out, until leaving out anything makes the failure go away.
#include <chrono>

#include "tests/property/rules_run.h"

namespace bulkhead::testing {
namespace {

constexpr std::chrono::seconds ShrinkTimeMax{90};

class Cutter {
 public:
  explicit Cutter(size_t n) : left_(n) {}
  // Whether the n-th reduction was found and made.
  bool Cut(Case& c) {
    return CutSteps(c) || CutRequests(c) || CutStreams(c) || Erase(c.definitions) || CutChanges(c) || CutDetails(c) ||
           CutQueries(c);
  }

 private:
  bool Take() { return left_-- == 0; }

  template <typename T>
  bool Erase(std::vector<T>& list, size_t keep = 0) {
    if (list.size() <= keep) return false;
    for (size_t i = list.size(); i-- > 0;) {
      if (!Take()) continue;
      list.erase(list.begin() + static_cast<long>(i));
      return true;
    }
    return false;
  }
  bool Clear(bool& flag) {
    if (!flag || !Take()) return false;
    flag = false;
    return true;
  }
  template <typename T>
  bool Clear(std::optional<T>& value) {
    if (!value || !Take()) return false;
    value.reset();
    return true;
  }

  bool CutSteps(Case& c) { return Erase(c.steps, 1); }

  bool CutRequests(Case& c) {
    size_t before = c.requests.size();
    for (size_t i = before; before > 1 && i-- > 0;) {
      if (!Take()) continue;
      c.requests.erase(c.requests.begin() + static_cast<long>(i));
      for (CaseStep& step : c.steps) {
        std::erase(step.reconnect, i);
        for (size_t& client : step.reconnect) client -= client > i;
      }
      return true;
    }
    return false;
  }

  bool CutStreams(Case& c) {
    if (Erase(c.streams, 1)) return true;
    for (CaseStream& stream : c.streams)
      if (Erase(stream.queries, 1) || Erase(stream.with)) return true;
    return false;
  }

  bool CutChanges(Case& c) {
    for (CaseStep& step : c.steps)
      if (Erase(step.changes)) return true;
    return false;
  }

  bool CutDetails(Case& c) {
    if (Clear(c.file_store)) return true;
    for (CaseStep& step : c.steps)
      if (Clear(step.restart) || Erase(step.reconnect)) return true;
    for (engine::Request& request : c.requests)
      if (Erase(request.subscriptions) || Clear(request.connection)) return true;
    for (CaseStream& stream : c.streams)
      if (Clear(stream.priority) || Erase(stream.parameters)) return true;
    return false;
  }

  bool CutQueries(Case& c) {
    for (CaseDefinition& definition : c.definitions)
      for (CaseSelect& select : definition.select)
        if (CutSelect(select)) return true;
    for (CaseStream& stream : c.streams) {
      for (CaseCte& cte : stream.with)
        if (CutSelect(cte.select)) return true;
      for (CaseQuery& query : stream.queries)
        if (CutQuery(query)) return true;
    }
    return false;
  }

  bool CutQuery(CaseQuery& query) {
    if (Erase(query.arms, 1) || Erase(query.with)) return true;
    for (CaseCte& cte : query.with)
      if (CutSelect(cte.select)) return true;
    for (CaseSelect& select : query.arms)
      if (CutSelect(select)) return true;
    return false;
  }

  bool CutSelect(CaseSelect& select) {
    if (Erase(select.where) || Erase(select.joined)) return true;
    if (!select.into.empty() && Take()) {
      select.into.clear();
      return true;
    }
    for (Pred& pred : select.where)
      if (CutPred(pred)) return true;
    return false;
  }

  // A part of the condition instead of the whole.
  bool CutPred(Pred& pred) {
    for (size_t i = 0; i < pred.args.size(); ++i) {
      if (!Take()) continue;
      Pred part = pred.args[i];
      pred = std::move(part);
      return true;
    }
    if (pred.args.size() > 2 && Erase(pred.args, 2)) return true;
    for (Pred& arg : pred.args)
      if (CutPred(arg)) return true;
    for (CaseSelect& select : pred.select)
      if (CutSelect(select)) return true;
    return false;
  }

  size_t left_;
};

}  // namespace

Case Shrink(Case c, const std::string& kind, const RunOptions& options) {
  auto end = std::chrono::steady_clock::now() + ShrinkTimeMax;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t n = 0; std::chrono::steady_clock::now() < end; ++n) {
      Case candidate = c;
      if (!Cutter(n).Cut(candidate)) break;
      auto failure = Run(candidate, options);
      if (!failure || failure->kind != kind) continue;
      c = std::move(candidate);
      smaller = true;
      --n;
    }
  }
  return c;
}

}  // namespace bulkhead::testing
