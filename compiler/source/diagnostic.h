// Diagnostics are data: stages collect them, nobody throws or prints inside a stage.
#pragma once

#include <fmt/format.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/source/source.h"

namespace bulkhead::source {

enum class Severity : uint8_t { Error, Warning, Note };

enum class DiagKind : uint16_t {
#define DIAG(kind, code, severity, message, explanation) kind,
#include "compiler/source/diagnostics.def"
#undef DIAG
};

// One row of diagnostics.def.
struct DiagInfo {
  DiagKind kind;
  std::string_view name;         // "UnknownColumn"
  std::string_view code;         // "BH2001"
  Severity severity;
  std::string_view message;      // fmt string
  std::string_view explanation;  // what `bulkhead errors CODE` prints
};
template <DiagKind K>
struct DiagRow;
#define DIAG(k, c, s, m, e)                                      \
  template <>                                                    \
  struct DiagRow<DiagKind::k> {                                  \
    static constexpr Severity Level = Severity::s;               \
    static constexpr std::string_view Code = c;                  \
    static constexpr std::string_view Name = #k;                 \
    static constexpr auto Message() { return FMT_STRING(m); }    \
  };
#include "compiler/source/diagnostics.def"
#undef DIAG

const std::vector<DiagInfo>& AllDiagnostics();
// Null when there is no such code. `code` in any case.
const DiagInfo* FindDiagnostic(std::string_view code);

struct Diagnostic {
  struct Labelled {
    Span span;
    std::string text;
  };

  DiagKind kind = {};
  Severity severity = Severity::Error;
  std::string_view code, name;
  std::string message;
  Labelled primary;                // `text` may be empty: just underline.
  std::vector<Labelled> labels;    // Other places that explain the problem.
  std::vector<std::string> notes;  // Facts: "`users` has columns id, email".
  std::string help;                // One imperative way forward, or empty.

  Diagnostic& Primary(std::string text) {
    primary.text = std::move(text);
    return *this;
  }
  Diagnostic& Label(Span span, std::string text) {
    labels.push_back({span, std::move(text)});
    return *this;
  }
  Diagnostic& Note(std::string text) {
    notes.push_back(std::move(text));
    return *this;
  }
  Diagnostic& Help(std::string text) {
    help = std::move(text);
    return *this;
  }
};

// Collects. Stages keep going after an error by substituting error nodes, which later stages must not report again.
// Keeps at most limits::DiagnosticsKeptMax of them; the rest is only counted.
class Diagnostics {
 public:
  // diags.Report<DiagKind::UnknownColumn>(span, "emial", "users").Help("did you mean `email`?");
  // The reference stays valid while this object lives. A wrong number of arguments is a compile error.
  template <DiagKind K, typename... Args>
  Diagnostic& Report(Span at, Args&&... args) {
    using Row = DiagRow<K>;
    return Add(Diagnostic{.kind = K, .severity = Row::Level, .code = Row::Code, .name = Row::Name,
                          .message = fmt::format(Row::Message(), std::forward<Args>(args)...),
                          .primary = {at, ""}, .labels = {}, .notes = {}, .help = {}});
  }
  const std::deque<Diagnostic>& all() const { return all_; }
  bool has_errors() const { return errors_ > 0; }
  size_t error_count() const { return errors_; }
  // How many were reported beyond those in all().
  size_t dropped_count() const { return dropped_; }
  // By file, then by place, errors before warnings at one place: the order in which they are shown.
  std::vector<const Diagnostic*> Sorted() const;

 private:
  Diagnostic& Add(Diagnostic diagnostic);
  std::deque<Diagnostic> all_;
  Diagnostic overflow_;  // what Add hands out once all_ is full
  size_t errors_ = 0;
  size_t dropped_ = 0;
};

// The candidate nearest to `name` by edit distance (case ignored), or "" when none is near enough.
std::string_view Nearest(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace bulkhead::source
