#!/usr/bin/env python3
"""A host program outside the tree builds against an installed runtime, each public header compiles alone, and it runs.

Usage: package_test.py PROGRAM ROOT BUILD [COMPILER FLAGS]
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

program, root, build = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
flags = sys.argv[4] if len(sys.argv) > 4 else ""
folder = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead-package-"))


def call(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


prefix = folder / "installed"
call("cmake", "--install", build, "--component", "runtime", "--prefix", prefix)
headers = re.search(r"BULKHEAD_PUBLIC_HEADERS(.*?)\)", (root / "runtime/package.cmake").read_text(), re.S)[1].split()

# The example's own project, and one more target with a file per header.
host = folder / "host"
shutil.copytree(root / "examples/embed", host)
for number, header in enumerate(headers):
    (host / f"header_{number}.cpp").write_text(f'#include "{header}"\n#include "{header}"\n')
with open(host / "CMakeLists.txt", "a") as listfile:
    sources = " ".join(f"header_{number}.cpp" for number in range(len(headers)))
    listfile.write(f"add_library(headers OBJECT {sources})\ntarget_link_libraries(headers PRIVATE bulkhead::runtime)\n")
call("cmake", "-G", "Ninja", "-S", host, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Debug",
     f"-DCMAKE_CXX_FLAGS={flags} -O0 -w")
call("ninja", "-C", folder / "build", "-j2")
if str(root) in call("cat", *prefix.rglob("*.cmake")):
    sys.exit("the installed package names the source tree")

plan = folder / "notes.json"
call(program, "compile", host / "notes.sync", "-o", plan)
lines = call(folder / "build/embed", plan)
if '"checkpoint_complete"' not in lines:
    sys.exit(f"the host program printed no checkpoint: {lines}")
shutil.rmtree(folder)
print(f"{len(headers)} headers compile alone; the host program runs")
