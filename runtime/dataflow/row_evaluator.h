// The row side: what a source row gives to buckets, lookups and relations over several tables.
//
// A plan's pipelines read one table each and keep no state: a row's outputs depend on the row alone, and the record
// table (engine) remembers the last ones, so that the difference is what changed. Where a plan has relations over
// several tables, the row's part in them goes to the graph (graph.h); the rows of a derived table that come out there
// are evaluated here like those of the source.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/dataflow/identity.h"
#include "runtime/plan/plan.h"
#include "runtime/value/change.h"

namespace bulkhead::dataflow {

// The row is in a bucket.
struct Membership {
  uint32_t bucket = 0;           // in Plan::buckets
  uint32_t pipeline = 0;         // in Plan::pipelines
  std::string_view bucket_name;
  std::string_view object_id;
  std::string_view object_type;  // empty: the pipeline's output_table
  std::string_view data;         // JSON
  uint32_t checksum = 0;         // wire::PutChecksum of type, id and data
  RowHash hash{};
};

// The row can be looked up.
struct LookupEntry {
  uint32_t lookup = 0;      // in Plan::lookups
  std::string_view key;     // value::AppendKey of the inputs
  std::string_view output;  // AppendTuple of the outputs
};

// What the row gives to a node that scans its table.
struct ScanRow {
  uint32_t node = 0;     // in Plan::nodes
  std::string_view row;  // AppendTuple of the outputs
};

// Why a row is not where it might have been. Nothing else about the row stops.
enum class Part : uint8_t { Pipeline, Lookup, Scan };
struct Problem {
  Part part = Part::Pipeline;
  uint32_t index = 0;       // in Plan::pipelines, Plan::lookups or Plan::nodes
  std::string_view reason;  // one lower-case sentence
};

// What one row gives. The same bucket, entry or row may occur more than once. Views are valid until the next row.
struct RowResult {
  std::vector<Membership> memberships;
  std::vector<LookupEntry> lookups;
  std::vector<ScanRow> scans;
  std::vector<Problem> problems;
};

// Evaluates rows against a plan. Compiles the table's expressions once per row shape; after the first rows, no
// memory is allocated. One thread at a time. The plan must outlive it, unchanged and verified.
class RowEvaluator {
 public:
  explicit RowEvaluator(const plan::Plan& plan);
  ~RowEvaluator();
  RowEvaluator(RowEvaluator&&) noexcept;
  RowEvaluator& operator=(RowEvaluator&&) = delete;

  // One table of the plan that a table of the source is.
  struct Match {
    uint32_t table = 0;     // in Plan::tables
    bool wildcard = false;  // as one of several
  };
  // All of them, for a table named "tasks" or "billing.invoices"; empty when the plan does not read it, and never a
  // derived one. Valid as long as the evaluator.
  std::span<const Match> FindTables(std::string_view qualified_name) const;

  // A column that the expressions read and the shape lacks is NULL; the first row of such a shape says so in
  // `problems`. InvalidData when values and shape do not fit together.
  // `source_name` is the name the table was found by.
  Result<const RowResult*> Evaluate(uint32_t table, std::string_view source_name, const value::RowView& row);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bulkhead::dataflow
