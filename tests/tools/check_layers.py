#!/usr/bin/env python3
"""Who includes whom: every #include between modules must be among the DEPS that CMakeLists.txt states.

Usage: check_layers.py layers.txt ROOT      (CMake writes layers.txt: `module: dep dep ...` a line)

Also: DEPS has no cycle, nothing below runtime/ or stdlib/ reaches compiler/, and some libraries from outside
stay inside one module.
"""
import pathlib
import re
import sys

# Headers from outside that only these modules may include.
CONFINED = {
    r"antlr4-runtime": ["compiler/syntax"],
    r"CLI/": ["compiler/driver"],
    r"z3": ["compiler/prove"],
    r"yaml-cpp/": ["compiler/powersync"],
    r"openssl/": ["runtime/base", "runtime/server"],
}
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
SOURCES = {".h", ".cpp", ".def", ".inc"}


def read_layers(path):
    layers = {}
    for line in path.read_text().splitlines():
        module, _, deps = line.partition(":")
        layers[module.strip()] = deps.split()
    return layers


def module_of(path, layers):
    """The module that owns a path such as runtime/base/id.h, or None."""
    folder = path.rpartition("/")[0]
    while folder:
        if folder in layers:
            return folder
        folder = folder.rpartition("/")[0]
    return None


def reachable(module, layers):
    seen, todo = set(), list(layers.get(module, []))
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo += layers.get(current, [])
    return seen


def declared_problems(layers):
    for module, deps in layers.items():
        for dep in deps:
            if dep not in layers:
                yield f"CMakeLists.txt: `{module}` depends on `{dep}`, which is no module"
        all_deps = reachable(module, layers)
        if module in all_deps:
            yield f"CMakeLists.txt: `{module}` depends on itself"
        if not module.startswith("compiler/"):
            for dep in sorted(d for d in all_deps if d.startswith("compiler/")):
                yield f"CMakeLists.txt: `{module}` reaches `{dep}`: only the plan crosses from compiler to runtime"


def include_problem(module, header, quoted, root, layers):
    """What is wrong with one include, or None."""
    for pattern, owners in CONFINED.items():
        if re.match(pattern, header) and module not in owners:
            return f"`{header}` stays inside {', '.join(owners)}"
    if not quoted:
        return None
    owner = module_of(header, layers)
    if owner is None:
        if "/" in header and (root / header.split("/")[0]).is_dir():
            return f"`{header}` belongs to no module"
        return None
    if owner != module and owner not in layers[module]:
        return f"`{module}` may not include `{owner}`: it is not among its DEPS in CMakeLists.txt"
    if not (root / header).exists():
        return f"`{header}` does not exist"
    return None


def source_problems(root, layers):
    for module in layers:
        for path in sorted((root / module).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix not in SOURCES or module_of(name, layers) != module:
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                found = INCLUDE.match(line)
                problem = found and include_problem(module, found[2], found[1] == '"', root, layers)
                if problem:
                    yield f"{name}:{number}: {problem}"


def main(arguments):
    layers = read_layers(pathlib.Path(arguments[0]))
    root = pathlib.Path(arguments[1])
    problems = list(declared_problems(layers)) + list(source_problems(root, layers))
    print("\n".join(problems) or f"{len(layers)} modules respect their layers")
    return 1 if problems or not layers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
