#!/usr/bin/env python3
"""Each check of check_layers.py and tidy.py reports the fault it is there for, and nothing in a clean tree."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True
import check_layers
import tidy

LAYERS = {"runtime/base": [], "runtime/vm": ["runtime/base"], "compiler/ir": ["runtime/base"]}
HEADER = "// What it is.\n#pragma once\n"
CLEAN = {
    "runtime/base/id.h": HEADER,
    "runtime/vm/vm.h": HEADER,
    "runtime/vm/vm.cpp": '#include "runtime/vm/vm.h"\n\n#include "runtime/base/id.h"\n\n'
                         "static const char* const names = \"TO\" \"DO\";\n"
                         "static int Count(int x);\n\nint Twice(int x) {\n  static constexpr int factor = 2;\n  return factor * x;\n}\n",
    "compiler/ir/ir.h": HEADER,
    "ARCHITECTURE.md": "## Folders\n| folder | |\n|---|---|\n| `runtime/base` | |\n| `runtime/vm` | |\n| `compiler/ir` | |\n"
                       "| `compiler/lint` (later) | |\n## Other\n| `gone` | |\n",
}
LONG_FUNCTION = "int F(int x,\n      int y) {\n" + "  x += y;\n" * tidy.FUNCTION_LINES_MAX + "  return x;\n}\n"

# (what is planted, words of the report)
LAYER_FAULTS = [
    ({"runtime/vm/a.cpp": '#include "compiler/ir/ir.h"\n'}, "`runtime/vm` may not include `compiler/ir`"),
    ({"runtime/base/a.cpp": '\n #  include "runtime/vm/vm.h"\n'}, "a.cpp:2: `runtime/base` may not include"),
    ({"runtime/vm/a.h": "#include <antlr4-runtime.h>\n"}, "stays inside compiler/syntax"),
    ({"runtime/vm/a.h": '#include "runtime/base/gone.h"\n'}, "does not exist"),
    ({"runtime/vm/a.h": '#include "runtime/unknown/x.h"\n'}, "belongs to no module"),
]
TIDY_FAULTS = [
    ({"runtime/vm/utils.cpp": "\n"}, "name the file after what it holds"),
    ({"runtime/vm/a.h": "#pragma once\n"}, "begins with a comment"),
    ({"runtime/vm/a.h": "// A.\n"}, "no #pragma once"),
    ({"runtime/vm/a.h": HEADER + "using namespace std;\n"}, "using namespace"),
    ({"runtime/vm/a.cpp": "int a;\n" * (tidy.FILE_LINES_MAX + 1)}, "file has"),
    ({"runtime/vm/a.cpp": LONG_FUNCTION}, "a.cpp:1: `F` has"),
    ({"runtime/vm/a.cpp": "static int counter = 0;\n"}, "mutable static"),
    ({"runtime/vm/a.cpp": "void F() {\n  static std::vector<int> cache;\n}\n"}, "mutable static"),
    ({"runtime/vm/a.cpp": "thread_local int depth = 0;\n"}, "mutable static"),
    ({"runtime/vm/a.cpp": "// TODO: later\n"}, "what is not tracked"),
    ({"runtime/vm/a.cpp": "\tint a;\n"}, "tab"),
    ({"runtime/vm/a.cpp": "int a; \n"}, "space at the end"),
    ({"runtime/vm/a.cpp": "// " + "x" * 130 + "\n"}, "characters, more than"),
    ({"runtime/vm/a.cpp": "void F() { std::exit(1); }\n"}, "does not exit"),
    ({"runtime/vm/a.cpp": 'void F() { std::cout << ""; }\n'}, "does not print"),
    ({"scripts/x.sh": "\n"}, "six folders"),
    ({"compiler/lint/lint.h": HEADER}, "not (later) any more"),
    ({"ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"].replace("`compiler/ir`", "`compiler/old`")}, "`compiler/old` does not exist"),
    ({"ARCHITECTURE.md": CLEAN["ARCHITECTURE.md"].replace("| `compiler/ir` | |\n", "")}, "`compiler/ir` is not in the table"),
    ({"tests/tools/tidy_exceptions.txt": "runtime/vm/vm.cpp 900 long\n"}, "needs no exception any more"),
    ({"runtime/vm/a.cpp": LONG_FUNCTION, "tests/tools/tidy_exceptions.txt": "runtime/vm/a.cpp#F 900 long\n"}, "lower its exception"),
]


def in_tree(files, check):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**CLEAN, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return check(root)


def layers_of(root):
    return list(check_layers.declared_problems(LAYERS)) + list(check_layers.source_problems(root, LAYERS))


def tidy_of(root):
    return tidy.Tidy(root, LAYERS).run()


def main():
    failures = []
    for check, faults in [(layers_of, LAYER_FAULTS), (tidy_of, TIDY_FAULTS)]:
        clean = in_tree({}, check)
        if clean:
            failures.append(f"{check.__name__}: reports in a clean tree: {clean}")
        for files, words in faults:
            reports = in_tree(files, check)
            if not any(words in report for report in reports):
                failures.append(f"{check.__name__}: {list(files)}: nothing about '{words}' in {reports}")
    for layers, words in [
        ({"runtime/a": ["compiler/b"], "compiler/b": []}, "only the plan crosses"),
        ({"runtime/a": ["runtime/b"], "runtime/b": ["runtime/a"]}, "depends on itself"),
        ({"runtime/a": ["runtime/c"]}, "is no module"),
    ]:
        if not any(words in report for report in check_layers.declared_problems(layers)):
            failures.append(f"declared_problems: nothing about '{words}'")
    print("\n".join(failures) or f"{len(LAYER_FAULTS) + len(TIDY_FAULTS) + 3} planted faults found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
