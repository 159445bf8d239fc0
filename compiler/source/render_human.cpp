#include <algorithm>
#include <map>

#include "compiler/source/render.h"
#include "compiler/source/width.h"
#include "runtime/base/limits.h"

namespace bulkhead::source {
namespace {

// A line longer than this is shown as an excerpt around what is marked.
constexpr size_t LineColumnsMax = 160;
constexpr size_t ExcerptBytesBefore = 60;
constexpr size_t ExcerptBytesAfter = 90;
// Lines of a span that are all shown; of a longer one only the first and the last.
constexpr uint32_t SpanLinesMax = 4;

struct Palette {
  const char *error, *warning, *note, *blue, *bold, *reset;
};
constexpr Palette Plain = {"", "", "", "", "", ""};
constexpr Palette Colors = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"};

// What is underlined on one line, in bytes of that line.
struct Mark {
  size_t begin = 0;
  size_t end = 0;
  bool primary = false;
  std::string text;
};

std::string_view LineText(const File& file, uint32_t line) {
  size_t begin = file.line_starts[line - 1];
  size_t end = line < file.line_starts.size() ? file.line_starts[line] : file.text.size();
  std::string_view text = std::string_view(file.text).substr(begin, end - begin);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

uint32_t LineOf(const File& file, uint32_t offset) {
  auto next = std::upper_bound(file.line_starts.begin(), file.line_starts.end(), offset);
  return static_cast<uint32_t>(next - file.line_starts.begin());
}

size_t Indentation(std::string_view line) { return std::min(line.find_first_not_of(" \t"), line.size()); }

// Moves to the start of the character that holds this byte.
size_t CharacterStart(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return std::min(at, text.size());
}

// The marked lines of one file, in order.
class Snippet {
 public:
  explicit Snippet(const File& file) : file_(file) {}

  void Add(const Diagnostic::Labelled& label, bool primary) {
    uint32_t first = LineOf(file_, label.span.begin);
    // A span that ends with a line's last character does not reach into the next line.
    uint32_t last = LineOf(file_, std::max(label.span.begin, label.span.end > 0 ? label.span.end - 1 : 0));
    for (uint32_t line = first; line <= last; ++line) {
      if (last - first >= SpanLinesMax && line != first && line != last) continue;
      std::string_view text = LineText(file_, line);
      size_t start = file_.line_starts[line - 1];
      Mark mark;
      mark.begin = line == first ? label.span.begin - start : Indentation(text);
      mark.end = line == last ? label.span.end - std::min<size_t>(label.span.end, start) : text.size();
      mark.begin = CharacterStart(text, std::min(mark.begin, text.size()));
      mark.end = std::clamp(mark.end, mark.begin, text.size());
      mark.primary = primary;
      if (line == last) mark.text = label.text;
      lines_[line].push_back(std::move(mark));
    }
  }

  uint32_t last_line() const { return lines_.empty() ? 0 : lines_.rbegin()->first; }
  const File& file() const { return file_; }
  const std::map<uint32_t, std::vector<Mark>>& lines() const { return lines_; }

 private:
  const File& file_;
  std::map<uint32_t, std::vector<Mark>> lines_;
};

class HumanRenderer {
 public:
  HumanRenderer(const Sources& sources, const HumanOptions& options)
      : sources_(sources), palette_(options.color ? Colors : Plain) {}

  std::string Render(const Diagnostic& diagnostic) {
    out_.clear();
    mark_color_ = SeverityColor(diagnostic.severity);
    out_ += fmt::format("{}{}[{}]{}: {}{}{}\n", mark_color_, Name(diagnostic.severity), diagnostic.code, palette_.reset,
                        palette_.bold, Visible(diagnostic.message), palette_.reset);
    std::vector<Snippet> snippets = Snippets(diagnostic);
    uint32_t last_line = 1;
    for (const Snippet& snippet : snippets) last_line = std::max(last_line, snippet.last_line());
    gutter_ = fmt::format("{}", last_line).size();
    for (const Snippet& snippet : snippets) Append(snippet, diagnostic, &snippet == snippets.data());
    if (!snippets.empty() && (!diagnostic.notes.empty() || !diagnostic.help.empty())) Bar();
    for (const std::string& note : diagnostic.notes) Footer(HasTitle(note) ? "" : "note: ", note);
    if (!diagnostic.help.empty()) Footer("help: ", diagnostic.help);
    return out_;
  }

 private:
  const char* SeverityColor(Severity severity) const {
    return severity == Severity::Error ? palette_.error : severity == Severity::Warning ? palette_.warning : palette_.note;
  }

  // The primary file first, then the others in the order in which labels name them.
  std::vector<Snippet> Snippets(const Diagnostic& diagnostic) const {
    std::vector<std::pair<FileId, Snippet>> found;
    auto add = [&](const Diagnostic::Labelled& label, bool primary) {
      if (!label.span.HasValue()) return;
      auto same = std::find_if(found.begin(), found.end(), [&](auto& entry) { return entry.first == label.span.file; });
      if (same == found.end()) {
        found.push_back({label.span.file, Snippet(sources_[label.span.file])});
        same = std::prev(found.end());
      }
      same->second.Add(label, primary);
    };
    add(diagnostic.primary, true);
    for (const auto& label : diagnostic.labels) add(label, false);
    std::vector<Snippet> snippets;
    for (auto& entry : found) snippets.push_back(std::move(entry.second));
    return snippets;
  }

  void Append(const Snippet& snippet, const Diagnostic& diagnostic, bool first) {
    Position at{snippet.lines().begin()->first, 1};
    if (first && diagnostic.primary.span.HasValue()) {
      at = sources_.Start(diagnostic.primary.span);
    } else {
      for (const auto& label : diagnostic.labels)
        if (label.span.HasValue() && &sources_[label.span.file] == &snippet.file()) {
          at = sources_.Start(label.span);
          break;
        }
    }
    out_ += fmt::format("{}{}{}{} {}:{}:{}\n", std::string(gutter_, ' '), palette_.blue, first ? "-->" : ":::",
                        palette_.reset, snippet.file().name, at.line, at.column);
    Bar();
    uint32_t previous = 0;
    for (const auto& [line, marks] : snippet.lines()) {
      if (previous != 0 && line > previous + 2) out_ += fmt::format("{}...{}\n", palette_.blue, palette_.reset);
      if (previous != 0 && line == previous + 2) Source(previous + 1, LineText(snippet.file(), previous + 1));
      Line(line, LineText(snippet.file(), line), marks);
      previous = line;
    }
  }

  void Bar() { out_ += fmt::format("{}{} |{}\n", std::string(gutter_, ' '), palette_.blue, palette_.reset); }

  void Source(uint32_t line, std::string_view text) {
    size_t cut = text.size() > LineColumnsMax * 4 ? CharacterStart(text, LineColumnsMax) : text.size();
    std::string shown = Visible(text.substr(0, cut)) + (cut < text.size() ? "…" : "");
    out_ += fmt::format("{}{:>{}} |{}{}{}\n", palette_.blue, line, gutter_, palette_.reset, shown.empty() ? "" : " ", shown);
  }

  // A long line is shown once per mark, cut around it.
  void Line(uint32_t number, std::string_view text, std::vector<Mark> marks) {
    std::stable_sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.primary > b.primary; });
    if (text.size() <= LineColumnsMax * 4 && TextColumns(text) <= LineColumnsMax) {
      Source(number, text);
      for (const Mark& mark : marks) Underline(text, mark, 0);
      return;
    }
    for (Mark mark : marks) {
      size_t begin = CharacterStart(text, mark.begin > ExcerptBytesBefore ? mark.begin - ExcerptBytesBefore : 0);
      size_t end = CharacterStart(text, std::min(text.size(), mark.begin + ExcerptBytesAfter));
      mark.end = std::clamp(mark.end, mark.begin, end) - begin;
      mark.begin -= begin;
      std::string excerpt(text.substr(begin, end - begin));
      std::string shown = (begin > 0 ? "…" : "") + Visible(excerpt) + (end < text.size() ? "…" : "");
      out_ += fmt::format("{}{:>{}} |{} {}\n", palette_.blue, number, gutter_, palette_.reset, shown);
      Underline(excerpt, mark, begin > 0 ? 1 : 0);
    }
  }

  void Underline(std::string_view line, const Mark& mark, size_t shift) {
    size_t before = TextColumns(line.substr(0, mark.begin)) + shift;
    size_t columns = std::max<size_t>(1, TextColumns(line.substr(mark.begin, mark.end - mark.begin)));
    out_ += fmt::format("{}{} |{} {}{}{}{}{}{}\n", std::string(gutter_, ' '), palette_.blue, palette_.reset,
                        std::string(before, ' '), mark.primary ? mark_color_ : palette_.blue,
                        std::string(columns, mark.primary ? '^' : '-'), mark.text.empty() ? "" : " ", Visible(mark.text),
                        palette_.reset);
  }

  // A note may bring its own title: "policy: …", "counterexample (replayed: …)".
  static bool HasTitle(std::string_view note) {
    size_t word = 0;
    while (word < note.size() && note[word] >= 'a' && note[word] <= 'z') ++word;
    if (word == 0 || word >= note.size()) return false;
    return note.substr(word, 2) == ": " || (note.substr(word, 2) == " (" && note.find('\n') != std::string_view::npos);
  }

  // Lines after the first are indented below it.
  void Footer(std::string_view title, std::string_view text) {
    std::string indent(gutter_ + 5, ' ');
    out_ += fmt::format("{}{} ={} {}{}{}", std::string(gutter_, ' '), palette_.blue, palette_.reset, palette_.bold, title,
                        palette_.reset);
    for (size_t begin = 0;;) {
      size_t end = std::min(text.find('\n', begin), text.size());
      out_ += (begin == 0 ? "" : indent) + Visible(text.substr(begin, end - begin)) + "\n";
      if (end == text.size()) return;
      begin = end + 1;
    }
  }

  const Sources& sources_;
  const Palette& palette_;
  const char* mark_color_ = "";
  size_t gutter_ = 1;
  std::string out_;
};

std::string Counted(size_t count, std::string_view what) {
  return fmt::format("{} more {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string_view Name(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Note: return "note";
  }
  return "";
}

std::string RenderHuman(const Diagnostics& diagnostics, const Sources& sources, const HumanOptions& options) {
  HumanRenderer renderer(sources, options);
  std::string out;
  size_t shown_errors = 0, shown_others = 0, hidden_others = 0;
  for (const Diagnostic* diagnostic : diagnostics.Sorted()) {
    bool error = diagnostic->severity == Severity::Error;
    if ((error ? shown_errors : shown_others) >= limits::ErrorsReportedMax) {
      hidden_others += !error;
      continue;
    }
    ++(error ? shown_errors : shown_others);
    out += renderer.Render(*diagnostic) + "\n";
  }
  size_t hidden_errors = diagnostics.error_count() - shown_errors;
  std::string more = hidden_errors > 0 ? Counted(hidden_errors, "error") : "";
  if (hidden_others > 0) more += (more.empty() ? "" : " and ") + Counted(hidden_others, "warning");
  if (!more.empty()) out += "… and " + more + "\n";
  return out;
}

}  // namespace bulkhead::source
