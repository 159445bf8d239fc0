// The stable text form of the IR, for `dump --stage=ir`, golden tests and people.
//
//   stream tasks priority 3 auto
//     query
//       select into tasks
//         from t0 tasks
//         from t1 json_each (column t0 tags)
//         where (= (column t0 owner) (->> auth 'sub'))
//         where (exists (select (from t2 members) (where (= (column t2 id) (column t0 id)))))
//         output * t0
//         output name (lower (column t0 name))
//         root t0 id (column t0 id)
#pragma once

#include <functional>
#include <string>

#include "compiler/ir/ir.h"

namespace bulkhead::ir {

// Occurrences are numbered within each query in the order they are first printed, so that equal queries print
// alike.
std::string Print(const Module& module);
std::string Print(const Module& module, const Query& query);
// One expression on one line; occurrences are numbered by their index in the module.
std::string Print(const Module& module, ExprId expr);
// The same with names of the caller's choice.
using OccurrenceNames = std::function<std::string(OccurrenceId)>;
std::string Print(const Module& module, ExprId expr, const OccurrenceNames& names);
// "t0 lists" or "json_each": what an occurrence is, for messages.
std::string Describe(const Module& module, OccurrenceId occurrence);

// A SQL literal: NULL, 1, 1.5, 'it''s', X'00ff'.
std::string PrintLiteral(value::Value value);

}  // namespace bulkhead::ir
