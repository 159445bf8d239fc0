// Diagnostics as text: for people, for programs, for code scanning, for GitHub's workflow log.
#pragma once

#include <string>

#include "compiler/source/diagnostic.h"
#include "compiler/source/source.h"

namespace bulkhead::source {

struct HumanOptions {
  bool color = false;  // ANSI escapes
};

// In the order of Diagnostics::Sorted. Each format shows at most limits::ErrorsReportedMax errors and as many
// warnings; RenderHuman says how many more there are.
std::string RenderHuman(const Diagnostics& diagnostics, const Sources& sources, const HumanOptions& options = {});
// One line: {"diagnostics": […]}. Lines and columns count from 1, columns in characters; ends are exclusive.
std::string RenderJson(const Diagnostics& diagnostics, const Sources& sources);
// SARIF 2.1.0, indented.
std::string RenderSarif(const Diagnostics& diagnostics, const Sources& sources);
// ::error file=…,line=…::message, one line each.
std::string RenderGithub(const Diagnostics& diagnostics, const Sources& sources);

// "error", "warning", "note"
std::string_view Name(Severity severity);

}  // namespace bulkhead::source
