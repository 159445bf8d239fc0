#!/usr/bin/env python3
"""The embedding example, as its first comment says.

Usage: embed_test.py PROGRAM EMBED ROOT
"""
import json
import pathlib
import subprocess
import sys
import tempfile

program, embed, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])


def call(folder, *command, status=0):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=folder)
    assert done.returncode == status, f"{command}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout, done.stderr


def notes(folder):
    import sqlite3
    return sqlite3.connect(folder / "alice.db").execute("SELECT id, list_id, body FROM notes ORDER BY id").fetchall()


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    call(folder, program, "compile", root / "examples/embed/notes.sync", "-o", "notes.json")

    lines = [json.loads(line) for line in call(folder, embed, "notes.json")[0].splitlines()]
    kinds = [next(iter(line)) for line in lines]
    assert kinds[0] == "checkpoint" and kinds[-1] == "checkpoint_complete", kinds
    operations = [op for line in lines if "data" in line for op in line["data"]["data"]]
    bodies = [json.loads(op["data"])["body"] for op in operations if op["op"] == "PUT"]
    assert sorted(bodies) == ["bread", "bread, two loaves", "rake"], bodies

    out, _ = call(folder, embed, "notes.json", "state.db", "alice.db")
    assert out == "notes +1 ~0 -0\nnotes +1 ~1 -0\n", out
    wanted = [("n1", "groceries", "bread, two loaves"), ("n2", "garden", "rake")]
    assert notes(folder) == wanted, notes(folder)

    out, _ = call(folder, embed, "notes.json", "state.db", "alice.db")  # goes on: nothing is fed or sent again
    assert out == "", out
    assert notes(folder) == wanted, notes(folder)

    (folder / "notes.json").write_text("{}")
    _, err = call(folder, embed, "notes.json", status=1)
    assert err.startswith("error: "), err
    call(folder, embed, status=2)
print("the embedding example works")
