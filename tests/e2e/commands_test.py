#!/usr/bin/env python3
"""The commands that README.md and the example's README show work as written, one after the other.

Build commands are left out: they have been run when this test runs.

Usage: commands_test.py PROGRAM ROOT
"""
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
skipped = re.compile(r"tests/tools/|cmake |export PATH=|examples/demo\.sh|tests/run\.sh")


def commands(page, first):
    """The shell commands of the block that contains `first`, and of those after it."""
    blocks = re.findall(r"```sh\n(.*?)```", (root / page).read_text(), re.S)
    start = next(i for i, block in enumerate(blocks) if first in block)
    text = "".join(blocks[start:]).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not skipped.search(line)]


def shell(line, folder, programs, **options):
    return subprocess.Popen(["bash", "-c", line], cwd=folder, env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def tasks(path):
    try:
        return sqlite3.connect(path).execute("SELECT count(*) FROM tasks").fetchone()[0]
    except sqlite3.Error:
        return 0


def run_page(page, first):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead-readme-"))
    shutil.copytree(root / "examples", folder / "examples")
    for made in (folder / "examples").rglob("*.db*"):
        made.unlink()
    (folder / "bin").mkdir()
    (folder / "bin/bulkhead").symlink_to(pathlib.Path(program).resolve())
    here, running = folder / "examples/workspace", None
    for line in commands(page, first):
        if line.startswith("cd "):
            expect((folder / line[3:].strip()).is_dir(), f"{page}: `{line}`: no such folder")
            continue
        process = shell(line, here, folder / "bin", start_new_session=True)
        if " run " in line:
            running = process
            deadline = time.monotonic() + 120
            while tasks(here / "alice.db") == 0:
                expect(process.poll() is None and time.monotonic() < deadline, f"{page}: `{line}` does not fill alice.db")
                time.sleep(0.1)
            continue
        out, _ = process.communicate(timeout=120)
        expect(process.returncode == 0, f"{page}: `{line}`: exit status {process.returncode}\n{out}")
    expect(running, f"{page} runs nothing")
    os.killpg(running.pid, signal.SIGINT)
    out, _ = running.communicate(timeout=60)
    expect(running.returncode == 0, f"{page}: interrupted: exit status {running.returncode}\n{out}")
    shutil.rmtree(folder)


def expect(condition, text):
    if not condition:
        sys.exit(text)


run_page("README.md", "bulkhead check")
run_page("examples/workspace/README.md", "bulkhead check")
print("the commands work")
