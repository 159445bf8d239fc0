// Goal: the program prints what the golden files say, and every diagnostic is shown by at least one of them.
// Method: each file under tests/golden/ is run in process in an empty folder of its own.
//
// A golden file (README.md in this folder has examples):
//   line 1           -- ARGS: what follows `bulkhead` on the command line
//   the input        becomes a file of the golden file's own name (line 1 blank, so that line numbers agree)
//   -- FILE: name    optional, repeated: what follows is written to another file beside it
//   ---              a line of three dashes
//   expected output  standard output, then `-- stderr:` and `-- exit: N` when they are not empty and 0
//
// BULKHEAD_UPDATE=1 rewrites the expectations; BULKHEAD_GOLDEN=text runs only files with that text in their path.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "compiler/driver/driver.h"
#include "compiler/source/diagnostic.h"

namespace fs = std::filesystem;

namespace {

constexpr std::string_view ArgsMark = "-- ARGS: ";
constexpr std::string_view FileMark = "-- FILE: ";
constexpr std::string_view Separator = "\n---\n";

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void WriteFile(const fs::path& path, std::string_view text) {
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

struct Golden {
  std::vector<std::string> args;
  std::string before;  // everything up to and including the separator
  std::string input;   // between the first line and the separator
  std::string expected;
};

// Split at spaces; '...' and "..." keep theirs.
std::vector<std::string> SplitArguments(std::string_view line) {
  std::vector<std::string> args;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (char c : line) {
    if (quote ? c == quote : (c == '\'' || c == '"')) {
      quote = quote ? 0 : c;
      in_word = true;
    } else if (!quote && c == ' ') {
      if (in_word) args.push_back(std::exchange(word, ""));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) args.push_back(word);
  return args;
}

// Empty when the file does not have the form described above.
std::optional<Golden> Parse(const std::string& text) {
  size_t line_end = text.find('\n');
  size_t split = text.find(Separator);
  if (!text.starts_with(ArgsMark) || split == std::string::npos || line_end > split) return std::nullopt;
  size_t rest = split + Separator.size();
  Golden golden;
  golden.args = SplitArguments(std::string_view(text).substr(ArgsMark.size(), line_end - ArgsMark.size()));
  golden.before = text.substr(0, rest);
  golden.input = split > line_end ? text.substr(line_end + 1, split - line_end) : "";
  golden.expected = text.substr(rest);
  return golden;
}

// Writes the input and the files beside it into the current folder.
void WriteInputs(const Golden& golden, const std::string& main_name) {
  std::string name = main_name;
  std::string content = "\n";
  std::istringstream lines(golden.input);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(FileMark)) {
      WriteFile(name, content);
      name = line.substr(FileMark.size());
      content.clear();
    } else {
      content += line + "\n";
    }
  }
  WriteFile(name, content);
}

// An empty folder, the current one while this lives.
class ScratchFolder {
 public:
  ScratchFolder() : before_(fs::current_path()) {
    std::string pattern = (fs::temp_directory_path() / "bulkhead-golden-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    fs::current_path(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

 private:
  fs::path before_, path_;
};

std::string Run(const Golden& golden, const std::string& main_name) {
  ScratchFolder folder;
  WriteInputs(golden, main_name);
  std::ifstream in(main_name, std::ios::binary);
  std::ostringstream out, err;
  int status = bulkhead::driver::Main(golden.args, in, out, err);
  std::string text = out.str();
  if (!text.empty() && text.back() != '\n') text += "\n-- (no newline at the end)\n";
  if (!err.str().empty()) text += "-- stderr:\n" + err.str();
  if (!text.empty() && text.back() != '\n') text += '\n';
  if (status != 0) text += "-- exit: " + std::to_string(status) + "\n";
  return text;
}

// The first line that differs, from both sides.
std::string FirstDifference(const std::string& expected, const std::string& actual) {
  std::istringstream a(expected), b(actual);
  for (int line = 1;; ++line) {
    std::string x, y;
    bool more_a = bool(std::getline(a, x)), more_b = bool(std::getline(b, y));
    if (more_a && more_b && x == y) continue;
    if (!more_a && !more_b) return "only the end of the last line differs";
    return "line " + std::to_string(line) + " of the output\n  expected: " + (more_a ? x : "(end)") +
           "\n  actual:   " + (more_b ? y : "(end)");
  }
}

std::vector<fs::path> GoldenFiles() {
  fs::path root = fs::path(BULKHEAD_ROOT) / "tests" / "golden";
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    fs::path name = entry.path().filename();
    bool harness = name == "README.md" || name == "CMakeLists.txt" || name == "golden_test.cpp";
    if (entry.is_regular_file() && !harness && name.string()[0] != '.') files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void Check(const fs::path& path, bool update) {
  std::string text = ReadFile(path);
  auto golden = Parse(text);
  INFO(fs::relative(path, BULKHEAD_ROOT).string());
  if (!golden) {
    FAIL_CHECK("not a golden file: it needs `-- ARGS: ` in line 1 and a line `---`");
    return;
  }
  std::string actual = Run(*golden, path.filename().string());
  if (update) {
    if (actual != golden->expected) WriteFile(path, golden->before + actual);
    return;
  }
  if (actual == golden->expected) {
    SUCCEED();
    return;
  }
  FAIL_CHECK(FirstDifference(golden->expected, actual) << "\n-- whole output --\n" << actual);
}

// Codes such as BH2001 in `text`.
void CollectCodes(const std::string& text, std::set<std::string>& codes) {
  for (size_t at = text.find("BH"); at != std::string::npos; at = text.find("BH", at + 2)) {
    std::string code = text.substr(at, 6);
    bool digits = code.size() == 6 && std::all_of(code.begin() + 2, code.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits) codes.insert(code);
  }
}

}  // namespace

TEST_CASE("golden files") {
  bool update = !Environment("BULKHEAD_UPDATE").empty();
  std::string ci = Environment("CI");
  if (update && !ci.empty() && ci != "false") FAIL("golden files are not rewritten in continuous integration");
  std::string only = Environment("BULKHEAD_GOLDEN");
  size_t run = 0;
  for (const fs::path& path : GoldenFiles()) {
    if (path.string().find(only) == std::string::npos) continue;
    Check(path, update);
    ++run;
  }
  CHECK(run > 0);
}

TEST_CASE("every diagnostic is produced by a golden file") {
  std::set<std::string> shown;
  for (const fs::path& path : GoldenFiles()) {
    auto golden = Parse(ReadFile(path));
    // `bulkhead errors` prints codes without producing them.
    if (golden && !golden->args.empty() && golden->args[0] != "errors") CollectCodes(golden->expected, shown);
  }
  for (const auto& info : bulkhead::source::AllDiagnostics()) {
    INFO(info.code << " (" << info.name << ") is in no golden file's output");
    CHECK(shown.contains(std::string(info.code)));
  }
}
