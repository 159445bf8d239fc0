// Every bound on input from outside, in one place. A loop over such input names one of these.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bulkhead::limits {

// Rules and schema files.
inline constexpr size_t SourceFileBytesMax = 64u << 20;      // one file of rules or DDL (dumps are large)
inline constexpr size_t ExpressionDepthMax = 200;            // nesting of parentheses, calls, CASE, subqueries
inline constexpr size_t ExpressionTreeDepthMax = 500;         // the same after lowering, and in plans
inline constexpr size_t ErrorsReportedMax = 100;             // per run; the rest is counted
inline constexpr size_t DiagnosticsKeptMax = 10'000;         // in memory; the rest is only counted
inline constexpr size_t KeysPerTableMax = 64;                // unique keys used per table; more are ignored
inline constexpr size_t ExpressionNodesPerQueryMax = 1u << 17;   // after views and functions are inlined
inline constexpr size_t ExpressionNodesPerModuleMax = 1u << 22;  // all queries of all streams
inline constexpr size_t BranchesPerQueryMax = 64;            // after distributing OR over AND
inline constexpr size_t OccurrencesPerBranchMax = 64;        // tables and table functions in one branch

// Plans.
inline constexpr size_t PlanBytesMax = 256u << 20;
inline constexpr size_t PlanItemsMax = 1u << 20;             // tables + nodes + pipelines + lookups + buckets + queriers
inline constexpr size_t PlanValuesMax = 1u << 24;            // JSON values in a plan's text
inline constexpr size_t ExpansionsPerRowMax = 8;             // table functions attached to one row
inline constexpr size_t FieldsPerNodeMax = 4000;             // of the rows of one node
inline constexpr size_t ProgramInstructionsMax = 1u << 16;   // one compiled expression
inline constexpr size_t CallArgumentsMax = 10'000;           // of one operator or function (long IN lists)

// Rows.
inline constexpr size_t RowBytesMax = 15u << 20;             // encoded row (the peer's limit too)
inline constexpr size_t ColumnsPerRowMax = 1999;
inline constexpr size_t ValueBytesMax = 64u << 20;           // one text or blob an expression makes
inline constexpr size_t EvaluationBytesMax = 256u << 20;     // all values one row's expressions make
inline constexpr size_t PatternBytesMax = 50'000;             // of LIKE and GLOB, as SQLite
inline constexpr uint64_t EvaluationStepsMax = 200'000'000;  // of one row's work that is not linear: about a second
inline constexpr size_t JsonDepthMax = 1000;                 // SQLite's own limit for JSON text
inline constexpr size_t GeometryDepthMax = 200;              // collections within collections, as PostGIS
inline constexpr size_t ExpandedRowsMax = 100'000;           // rows one source row makes through json_each

// Deltas of relations over several tables.
inline constexpr size_t DeltaBytesMax = 1u << 30;            // one node's, in one transaction
inline constexpr int64_t RowWeightMax = 1u << 31;            // how often one row is in a relation

// PostgreSQL's values.
inline constexpr size_t PostgresTypesMax = 1u << 20;         // types and fields of types of one database
inline constexpr size_t PostgresTypeDepthMax = 32;           // domains, arrays, composites and ranges of each other
inline constexpr size_t PostgresArrayDimensionsMax = 6;      // PostgreSQL's own limit

// Sessions.
inline constexpr size_t ClaimsBytesMax = 1u << 20;           // one JSON document of claims or parameters
inline constexpr size_t SubscriptionsPerSessionMax = 1000;
inline constexpr size_t BucketsPerSessionMax = 1000;         // default; configurable
inline constexpr size_t LookupRowsPerSubscriptionMax = 100'000;  // binding tuples alive at one stage
inline constexpr size_t LookupWorkPerQuerierMax = 2'000'000;    // lookup rows visited, repeats included
inline constexpr size_t OperationsPerDataLineMax = 1000;
inline constexpr size_t DataLineBytesMax = 1u << 20;
inline constexpr size_t WireLineBytesMax = 64u << 20;        // one received line; a row alone may take RowBytesMax, escaped
inline constexpr size_t ClientTablesMax = 10'000;           // in one client's file

}  // namespace bulkhead::limits
