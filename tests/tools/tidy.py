#!/usr/bin/env python3
"""House rules of ARCHITECTURE.md, Style, that a machine can check.

Usage: tidy.py ROOT LAYERS       (layers.txt as written by CMake)

Lengths are ratchets: tidy_exceptions.txt lists what is longer, each with its own cap and the reason; a cap that
is no longer needed, or could be 10 % lower, is reported too.
"""
import pathlib
import re
import sys

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
LINE_CHARACTERS_MAX = 130
TABLE_LINE_CHARACTERS_MAX = 160  # files that are mostly tables: cases, functions
CODE_ROOTS = ["runtime", "compiler", "stdlib", "tests", "examples"]
ROOT_ENTRIES = {
    "grammar", "compiler", "runtime", "stdlib", "tests", "examples", "build", "CMakeLists.txt", "CMakePresets.json",
    "README.md", "ARCHITECTURE.md", "GLOSSARY.md", "LICENSE",
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "stuff"}

NOT_A_FUNCTION = re.compile(r"\s*(namespace|class|struct|enum|union|extern|if|for|while|switch|else|do|try|return|case)\b")
MUTABLE_STATIC = re.compile(r"^\s*(?:static|thread_local|static thread_local|thread_local static)\s+([^()=;{]+?)\s*(?:=|;|\{)")
PRINTS = re.compile(r"\b(std::cout|std::cerr|std::clog|fmt::print|printf|puts|fprintf|perror)\b\s*[(<]")
EXITS = re.compile(r"(?<![\w.>])(?:std::)?_?(?:quick_)?exit\s*\(")
UNTRACKED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")


def strip_noise(line):
    """A line without string contents and line comment."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
    line = re.sub(r"'(?:\\.|[^'\\])'", "''", line)
    return line.partition("//")[0]


def without_raw_strings(lines):
    """The lines with the inside of R"x(...)x" blanked, so that embedded text is not taken for code."""
    text = "\n".join(lines)
    blank = lambda found: 'R"()"' + "\n" * found[0].count("\n")
    return re.sub(r'R"(\w*)\(.*?\)\1"', blank, text, flags=re.S).split("\n")


def signature_start(lines, index):
    """Index of the first line of the signature whose last line is lines[index]."""
    ended = re.compile(r"[;{}>]\s*$|^\s*(//|#)|:\s*$|\*/\s*$")
    while index > 0 and lines[index - 1].strip() and not ended.search(lines[index - 1]):
        index -= 1
    return index


def functions(lines):
    """(line, length, first line) of each function: clang-format puts the closing brace under the signature's start."""
    start = None
    for index, line in enumerate(lines):
        if start is None:
            if not line.rstrip().endswith("{") or ")" not in line:
                continue
            first = signature_start(lines, index)
            indent = re.match(r" *", lines[first])[0]
            if len(indent) <= 4 and not NOT_A_FUNCTION.match(lines[first]):
                start, closing = first, indent + "}"
        elif line.startswith(closing):
            yield start + 1, index - start + 1, lines[start].strip()
            start = None


def function_name(head):
    found = re.search(r"([~\w:]+)\s*\(", head)
    name = found[1] if found else head
    quoted = re.search(r'"([^"]*)"', head)
    return quoted[1] if name == "TEST_CASE" and quoted else name


class Tidy:
    def __init__(self, root, layers):
        self.root, self.layers = root, layers
        self.problems = []
        self.exceptions, self.used = {}, set()

    def report(self, path, number, text):
        self.problems.append(f"{path}:{number}: {text}" if number else f"{path}: {text}")

    # tidy_exceptions.txt: `path[#function] lines reason`.
    def read_exceptions(self):
        path = self.root / "tests/tools/tidy_exceptions.txt"
        for line in path.read_text().splitlines() if path.exists() else []:
            if line.strip() and not line.startswith("#"):
                name, lines, reason = line.split(None, 2)
                self.exceptions[name] = (int(lines), reason)

    def check_length(self, key, length, cap, path, number, what):
        allowed = self.exceptions.get(key, (cap, ""))[0]
        if length > cap:
            self.used.add(key)
        if length > allowed:
            self.report(path, number, f"{what} has {length} lines, more than {allowed}: split it, or except `{key}` with a reason")
        elif length > cap and length < allowed * 0.9:
            self.report(path, number, f"{what} has {length} lines: lower its exception from {allowed}")

    def check_code(self, path, name):
        lines = path.read_text(errors="replace").splitlines()
        self.check_length(name, len(lines), FILE_LINES_MAX, name, 0, "file")
        if path.suffix == ".h":
            self.check_header(name, lines)
        code = without_raw_strings(lines)
        for start, length, head in functions(code):
            function = function_name(head).replace(" ", "_")
            self.check_length(f"{name}#{function}", length, FUNCTION_LINES_MAX, name, start, f"`{function}`")
        for number, (line, raw) in enumerate(zip(code, lines), 1):
            self.check_line(name, number, line, raw)

    def check_header(self, name, lines):
        if not lines or not re.match(r"//|/\*", lines[0]):
            self.report(name, 1, "a header begins with a comment that says what it is")
        if "#pragma once" not in lines[:60]:
            self.report(name, 1, "no #pragma once")
        for number, line in enumerate(lines, 1):
            if line.startswith("using namespace"):
                self.report(name, number, "using namespace in a header")

    def check_line(self, name, number, line, raw):
        plain = strip_noise(line)
        if "\t" in line:
            self.report(name, number, "tab")
        if line != line.rstrip():
            self.report(name, number, "space at the end of the line")
        longest = TABLE_LINE_CHARACTERS_MAX if name.startswith(("tests/", "stdlib/functions/")) else LINE_CHARACTERS_MAX
        if len(line) > longest and "http" not in line:
            self.report(name, number, f"{len(line)} characters, more than {longest}")
        if UNTRACKED.search(raw):
            self.report(name, number, "write TODO(#issue): what is not tracked is forgotten")
        found = MUTABLE_STATIC.match(plain)
        declares = found and len(found[1].split()) > 1 or found and "<" in found[1]
        if declares and not re.search(r"\bconst(expr|init const)?\b", found[1]):
            self.report(name, number, "mutable static: state belongs to an object that somebody owns")
        if name.startswith(("compiler/", "runtime/", "stdlib/")):
            self.check_library_line(name, number, plain)

    def check_library_line(self, name, number, plain):
        # A signal's handler has nobody to return a Status to.
        if name.endswith("/main.cpp") or name in ("runtime/base/check.h", "compiler/driver/run_stop.cpp"):
            return
        if EXITS.search(plain):
            self.report(name, number, "a library does not exit: return a Status, or report a Diagnostic")
        if PRINTS.search(plain):
            self.report(name, number, "a library does not print: return the text, or write to the stream that was passed in")

    def check_names(self, path, name):
        if path.stem.lower() in VAGUE_NAMES:
            self.report(name, 0, "name the file after what it holds")

    # The table of ARCHITECTURE.md, Folders: rows exist, or are marked (later) and do not exist.
    def check_architecture(self):
        page = self.root / "ARCHITECTURE.md"
        if not page.exists():
            self.report("ARCHITECTURE.md", 0, "missing")
            return
        named = set()
        in_folders = False
        for number, line in enumerate(page.read_text().splitlines(), 1):
            if line.startswith("#"):
                in_folders = line.strip() == "## Folders"
            row = in_folders and re.match(r"\|\s*`([\w/]+)`\s*(\(later\))?\s*\|", line)
            if not row:
                continue
            folder = row[1].rstrip("/")
            named.add(folder)
            exists = (self.root / folder).is_dir() and any((self.root / folder).iterdir())
            if row[2] and exists:
                self.report("ARCHITECTURE.md", number, f"`{folder}` exists: it is not (later) any more")
            if not row[2] and not exists:
                self.report("ARCHITECTURE.md", number, f"`{folder}` does not exist: mark it (later)")
        for module in sorted(set(self.layers) - named):
            if (self.root / module).is_dir() and any((self.root / module).iterdir()):
                self.report("ARCHITECTURE.md", 0, f"module `{module}` is not in the table of Folders")

    def check_root(self):
        for path in sorted(self.root.iterdir()):
            if not path.name.startswith(".") and path.name not in ROOT_ENTRIES:
                self.report(path.name, 0, "the root holds six folders and a few files: put this into one of them")

    def run(self):
        self.read_exceptions()
        self.check_root()
        self.check_architecture()
        for folder in CODE_ROOTS:
            for path in sorted((self.root / folder).rglob("*")):
                name = path.relative_to(self.root).as_posix()
                if not path.is_file() or "__pycache__" in name:
                    continue
                self.check_names(path, name)
                if path.suffix in (".h", ".cpp"):
                    self.check_code(path, name)
        for key in sorted(set(self.exceptions) - self.used):
            self.report("tests/tools/tidy_exceptions.txt", 0, f"`{key}` needs no exception any more: remove it")
        return self.problems


def main(arguments):
    root = pathlib.Path(arguments[0])
    layers = [line.partition(":")[0] for line in pathlib.Path(arguments[1]).read_text().splitlines()]
    problems = Tidy(root, layers).run()
    print("\n".join(problems) or "the house is tidy")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
