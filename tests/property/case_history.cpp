// Requests and histories of generated cases.
#include <fmt/format.h>

#include "runtime/value/key.h"
#include "tests/property/case_values.h"
#include "tests/property/rules_generator.h"

namespace bulkhead::testing {
namespace {

using driver::NamedRow;
using driver::RowChange;

// ---- Requests ----

class RequestMaker {
 public:
  RequestMaker(Random& random, const Case& c) : random_(random), c_(c) {}

  engine::Request Make(bool first) {
    engine::Request request;
    request.auth = Claims(true);
    if (!random_.OneIn(4)) request.connection = Claims(false);
    request.include_defaults = first || !random_.OneIn(6);
    for (const CaseStream& stream : c_.streams) {
      size_t wanted = stream.auto_subscribe ? (random_.OneIn(5) ? 1 : 0) : random_.Below(3);
      if (first && !stream.auto_subscribe) wanted = 1 + random_.Below(2);
      for (size_t i = 0; i < wanted; ++i) request.subscriptions.push_back(Subscribe(stream));
    }
    return request;
  }

 private:
  void Add(std::string& json, const std::string& name, const std::string& value) {
    if (random_.OneIn(20)) return;
    json += fmt::format("{}\"{}\":{}", json.size() > 1 ? "," : "", name, random_.OneIn(24) ? "null" : value);
  }
  std::string One(const Domain& domain) { return JsonOf(ValueIn(random_, c_, domain)); }
  // Also what is no array; but bare text would be malformed JSON once it is read, which is not a question for SQLite.
  std::string Many(const Domain& domain) {
    std::string array = ArrayIn(random_, c_, domain, false);
    return array.starts_with('"') ? "[]" : array;
  }

  std::string Claims(bool with_object) {
    std::string json = "{";
    Add(json, "sub", One({Kind::Person}));
    Add(json, "role", One({Kind::Word}));
    Add(json, "n", One({Kind::Number}));
    Add(json, "people", Many({Kind::Person}));
    Add(json, "words", Many({Kind::Word}));
    Add(json, "nums", Many({Kind::Number}));
    for (size_t i = 0; i < c_.tables.size(); ++i) {
      if (c_.tables[i].key_size != 1) continue;
      Domain key{Kind::Key, static_cast<int>(i)};
      Add(json, fmt::format("k{}", i), One(key));
      Add(json, fmt::format("ks{}", i), Many(key));
    }
    if (with_object) Add(json, "obj", Claims(false));
    return json + "}";
  }

  engine::Subscription Subscribe(const CaseStream& stream) {
    engine::Subscription subscription{stream.name, std::nullopt, std::nullopt};
    if (random_.OneIn(5)) subscription.priority = static_cast<uint8_t>(random_.Below(4));
    if (stream.parameters.empty()) {
      if (random_.OneIn(2)) subscription.parameters = Claims(false);
      return subscription;
    }
    std::string json = "{";
    for (const CaseParameter& parameter : stream.parameters) {
      if (random_.OneIn(6)) continue;
      std::string value = parameter.array ? ArrayIn(random_, c_, parameter.domain, true) : TypedValue(parameter);
      json += fmt::format("{}\"{}\":{}", json.size() > 1 ? "," : "", parameter.name, random_.OneIn(12) ? "null" : value);
    }
    subscription.parameters = json + "}";
    return subscription;
  }

  std::string TypedValue(const CaseParameter& parameter) {
    for (;;) {
      OwnedValue v = ValueIn(random_, c_, parameter.domain);
      if (parameter.type == "integer" && v.type() != value::Type::Integer) continue;
      return JsonOf(v);
    }
  }

  Random& random_;
  const Case& c_;
};

// ---- History ----

class HistoryMaker {
 public:
  HistoryMaker(Random& random, const Case& c) : random_(random), c_(c), rows_(c.tables.size()) {}

  std::vector<CaseStep> Make() {
    std::vector<CaseStep> steps(1);
    for (size_t t = 0; t < c_.tables.size(); ++t)
      for (size_t i = 6 + random_.Below(10); i > 0; --i) Insert(t, steps[0]);
    for (size_t i = 3 + random_.Below(5); i > 0; --i) {
      CaseStep step;
      for (size_t k = 1 + random_.Below(4); k > 0; --k) Change(step);
      step.restart = random_.OneIn(5);
      for (size_t client = 0; client < c_.requests.size(); ++client)
        if (random_.OneIn(5)) step.reconnect.push_back(client);
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  using Rows = std::map<std::string, NamedRow>;  // by canonical key

  std::string KeyText(size_t t, const NamedRow& row) const {
    std::string key;
    for (size_t i = 0; i < c_.tables[t].key_size; ++i) value::AppendKey(key, row.values[i].view());
    return key;
  }

  OwnedValue Random_(const CaseColumn& column) {
    if (column.nullable && random_.OneIn(6)) return {};
    return ValueIn(random_, c_, column.domain);
  }

  NamedRow RandomRow(size_t t) {
    NamedRow row;
    for (const CaseColumn& column : c_.tables[t].columns) {
      row.columns.push_back(column.name.front() == '"' ? column.name.substr(1, column.name.size() - 2) : column.name);
      bool own_key = row.values.size() < c_.tables[t].key_size && column.domain.kind == Kind::Key;
      row.values.push_back(own_key ? KeyValue(c_.tables[t], t, random_.Below(KeyCount)) : Random_(column));
    }
    return row;
  }

  std::string NameOf(size_t t) const {
    const std::string& name = c_.tables[t].name;
    return name.front() == '"' ? name.substr(1, name.size() - 2) : name;
  }

  void Put(size_t t, CaseStep& step, NamedRow row) {
    step.changes.push_back({RowChange::Kind::Upsert, NameOf(t), row, {}, std::nullopt});
    rows_[t][KeyText(t, row)] = std::move(row);
  }

  void Remove(size_t t, CaseStep& step, const std::string& key) {
    step.changes.push_back({RowChange::Kind::Delete, NameOf(t), KeyOf(t, rows_[t][key]), {}, std::nullopt});
    rows_[t].erase(key);
  }

  NamedRow KeyOf(size_t t, const NamedRow& row) const {
    size_t size = c_.tables[t].key_size;
    return {{row.columns.begin(), row.columns.begin() + static_cast<long>(size)},
            {row.values.begin(), row.values.begin() + static_cast<long>(size)}};
  }

  void Insert(size_t t, CaseStep& step) {
    NamedRow row = RandomRow(t);
    if (!rows_[t].count(KeyText(t, row))) Put(t, step, std::move(row));
  }

  NamedRow Changed(size_t t, const NamedRow& row) {
    NamedRow changed = row;
    const CaseTable& table = c_.tables[t];
    for (size_t i = 1 + random_.Below(2); i > 0; --i) {
      size_t column = table.key_size + random_.Below(table.columns.size() - table.key_size);
      changed.values[column] = Random_(table.columns[column]);
    }
    return changed;
  }

  // The same row under another key.
  void Rename(size_t t, CaseStep& step, const std::string& key) {
    NamedRow row = rows_[t][key], renamed = row, fresh = RandomRow(t);
    for (size_t i = 0; i < c_.tables[t].key_size; ++i) renamed.values[i] = fresh.values[i];
    if (rows_[t].count(KeyText(t, renamed))) return;
    step.changes.push_back({RowChange::Kind::Upsert, NameOf(t), renamed, {}, KeyOf(t, row)});
    rows_[t].erase(key);
    rows_[t][KeyText(t, renamed)] = std::move(renamed);
  }

  void Change(CaseStep& step) {
    size_t t = random_.Below(c_.tables.size());
    if (rows_[t].empty() || random_.OneIn(4)) return Insert(t, step);
    auto at = std::next(rows_[t].begin(), static_cast<long>(random_.Below(rows_[t].size())));
    std::string key = at->first;
    NamedRow row = at->second;
    switch (random_.Below(8)) {
      case 0: return Remove(t, step, key);
      case 1: return Rename(t, step, key);
      case 2:  // there and back
        Put(t, step, Changed(t, row));
        return Put(t, step, row);
      case 3:  // deleted and inserted again
        Remove(t, step, key);
        return Put(t, step, random_.OneIn(2) ? row : Changed(t, row));
      case 4:  // inserted and deleted again, when the key is free
        Insert(t, step);
        return Remove(t, step, rows_[t].begin()->first);
      default: return Put(t, step, Changed(t, row));
    }
  }

  Random& random_;
  const Case& c_;
  std::vector<Rows> rows_;
};

}  // namespace

std::vector<engine::Request> MakeRequests(Random& random, const Case& c) {
  std::vector<engine::Request> requests;
  RequestMaker maker(random, c);
  for (size_t i = 0, count = 2 + random.Below(3); i < count; ++i) requests.push_back(maker.Make(i == 0));
  return requests;
}

std::vector<CaseStep> MakeSteps(Random& random, const Case& c) { return HistoryMaker(random, c).Make(); }

}  // namespace bulkhead::testing
