#!/usr/bin/env python3
"""The embedding page shows the embed program's code and all public headers.

Usage: readme_test.py ROOT
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
page = (root / "runtime/README.md").read_text()
program = (root / "examples/embed/embed.cpp").read_text()
package = (root / "runtime/package.cmake").read_text()
problems = []

blocks = re.findall(r"```cpp\n(.*?)```", page, re.S)
if len(blocks) < 3:
    problems.append("runtime/README.md shows hardly any code")
for block in blocks:
    if block not in program:
        problems.append(f"runtime/README.md shows code that is not in embed.cpp:\n{block}")

public = re.search(r"set\(BULKHEAD_PUBLIC_HEADERS(.*?)\)", package, re.S)[1].split()
table = re.search(r"## Headers\n(.*?)\n\n", page, re.S)[1]
shown = re.findall(r"`(runtime/[\w/]+\.h)`", table)
for header in sorted(set(public) ^ set(shown)):
    where = "is not in the table of runtime/README.md" if header in public else "is not in package.cmake's public headers"
    problems.append(f"{header} {where}")
for header in public:
    if not (root / header).is_file():
        problems.append(f"{header} does not exist")

print("\n".join(problems) or f"{len(blocks)} pieces of code and {len(public)} headers agree")
sys.exit(bool(problems))
