// A table's pipelines, lookups and scans compiled for one row shape: private to dataflow.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/dataflow/identity.h"
#include "runtime/dataflow/row_evaluator.h"
#include "runtime/dataflow/scalar.h"
#include "runtime/plan/plan.h"
#include "runtime/value/change.h"
#include "runtime/value/json.h"
#include "runtime/value/value.h"

namespace bulkhead::dataflow {

// Id and JSON data of an output row, for all pipelines that make the same: encoded and hashed once per row.
struct BoundOutput {
  Scalar id;
  std::vector<Scalar> columns;
  value::JsonRowShape shape;
  bool copies_row = false;     // the columns are the row's, in its order
  bool reads_expands = false;  // differs per combination of expansions: nothing to share
  std::string hash_prefix;     // "put.<type>."
  std::string type;            // of a wildcard's rows, when they go by their table's name; else empty

  // The current row's.
  uint64_t row = 0;  // number of the row it was made for
  std::string_view failure;
  std::string_view object_id, data;
  uint32_t checksum = 0;
  RowHash hash{};
  value::JsonWriter writer;
};

// What pipelines, lookups and scans have in common.
struct BoundSource {
  std::vector<Scalar> expansions;  // all of json_each
  std::optional<Scalar> filter;
};

struct BoundPipeline {
  struct Into {
    uint32_t bucket;
    std::string prefix;  // the bucket's id
  };
  uint32_t index = 0;  // in Plan::pipelines
  BoundSource source;
  std::vector<Into> buckets;
  std::vector<Scalar> keys;
  uint32_t output = 0;  // in BoundTable::outputs
};

struct BoundLookup {
  uint32_t index = 0;  // in Plan::lookups
  BoundSource source;
  std::vector<Scalar> inputs, outputs;
};

struct BoundScan {
  uint32_t index = 0;  // in Plan::nodes
  BoundSource source;
  std::vector<Scalar> outputs;
};

struct BoundTable {
  std::shared_ptr<const value::RowShape> shape;
  // Of a wildcard: the shape's columns and the metadata's, and what those hold; else empty.
  std::vector<std::string> all_columns;
  std::vector<value::OwnedValue> metadata;
  std::vector<BoundPipeline> pipelines;
  std::vector<BoundLookup> lookups;
  std::vector<BoundScan> scans;
  std::vector<BoundOutput> outputs;
  // Not yet reported: columns that are read and not there, with what reads them.
  struct Missing {
    Part part;
    uint32_t index;
    std::string reason;
  };
  std::vector<Missing> missing;
};

// Which parts of a plan read a table.
struct TableParts {
  std::vector<uint32_t> pipelines, lookups, scans;
};

// `source_name` is the table that rows are from; it matters for a wildcard.
Result<std::unique_ptr<BoundTable>> BindTable(const plan::Plan& plan, uint32_t table, const TableParts& parts,
                                              std::string_view source_name,
                                              std::shared_ptr<const value::RowShape> shape);

}  // namespace bulkhead::dataflow
