#!/usr/bin/env python3
"""Each library of rules is documented and tested, its tests use all it defines, and the tests of all examples pass.

Usage: libraries_test.py PROGRAM ROOT
"""
import pathlib
import re
import subprocess
import sys

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
folder = root / "stdlib/rules"
problems = []


def bulkhead(*arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)


def run_tests(path):
    result = bulkhead("test", path)
    passed = re.search(r"^(\d+) passed, 0 failed$", result.stdout, re.M)
    if result.returncode != 0 or not passed or int(passed[1]) == 0:
        problems.append(f"{path}: exit status {result.returncode}\n{result.stdout}{result.stderr}")


def check_library(path):
    text, name = path.read_text(), f"std.{path.stem}"
    lines = text.splitlines()
    if not lines[0].startswith("-- ") or "-- Needs:" not in text:
        problems.append(f"{name} does not begin with what it is for and what it needs")
    tests = folder / "tests" / path.name
    used = tests.read_text() if tests.is_file() else ""
    for number, line in enumerate(lines):
        definition = re.match(r"CREATE (?:VIEW|FUNCTION) (\w+)", line)
        if not definition:
            if line.startswith("CREATE "):
                problems.append(f"{name}: {line}: a library has views and functions only")
            continue
        if not lines[number - 1].startswith("-- "):
            problems.append(f"{name}: {definition[1]} has no comment")
        if len(re.findall(rf"\b{definition[1]}\b", used)) == 0 and len(re.findall(rf"\b{definition[1]}\b", text)) < 2:
            problems.append(f"{tests} does not use {definition[1]}")
    if f"| `{name}` |" not in (folder / "README.md").read_text():
        problems.append(f"stdlib/rules/README.md does not list {name}")
    if bulkhead("libraries", name).stdout != text or name not in bulkhead("libraries").stdout:
        problems.append(f"`bulkhead libraries` does not know {name}")
    run_tests(tests)


libraries = sorted(folder.glob("*.sync"))
for path in libraries:
    check_library(path)
examples = sorted(path for path in (root / "examples").glob("*/*.sync") if "CREATE TEST" in path.read_text())
for path in examples:
    run_tests(path)
if len(libraries) < 6 or len(examples) < 2:
    problems.append("libraries or examples are missing")
print("\n".join(problems) or f"{len(libraries)} libraries and {len(examples)} examples pass their tests")
sys.exit(bool(problems))
