// What `run` and `source` agree on: where the plan comes from, and what of the source it needs.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "compiler/driver/command.h"
#include "runtime/plan/plan.h"
#include "runtime/source/sqlite_source.h"

namespace bulkhead::driver {

// A plan (.json) as it is, or rules to be compiled. Without one, what is wrong has been told: the status to exit with.
std::variant<plan::Plan, int> PlanOf(Io& io, const RulesOptions& rules);

// What the plan reads, with the tables that its wildcards stand for in this SQLite database now.
Result<std::vector<source::TableRequest>> TablesToFollow(const plan::Plan& plan, const std::string& database);
// A store is known to the source by its file's whole path.
std::string ConsumerName(const std::string& store_path);
// "app.db: made change triggers for tasks, members".
std::string InstalledText(const std::string& path, const source::InstallReport& report);

}  // namespace bulkhead::driver
