#!/usr/bin/env python3
"""`why` says what lets a row reach a user or keeps it out, and agrees with what `run` gives; `analyze` measures.

Usage: why_test.py PROGRAM
"""
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

program = sys.argv[1]
folder = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead_why_"))
failures = []

RULES = """
CREATE TABLE members (user_id text, workspace_id text, PRIMARY KEY (user_id, workspace_id));
CREATE TABLE projects (id text PRIMARY KEY, workspace_id text, open integer);
CREATE TABLE tasks (id text PRIMARY KEY, project_id text, title text);
CREATE STREAM tasks AUTO SUBSCRIBE AS
SELECT t.* FROM tasks t JOIN projects p ON p.id = t.project_id
WHERE (p.open = 1 OR p.id = auth.parameter('project')) AND p.workspace_id IN (
  SELECT workspace_id FROM members WHERE user_id = auth.user_id());
"""
ROWS = """
INSERT INTO members VALUES ('alice', 'w1'), ('alice', 'w2'), ('bob', 'w1');
INSERT INTO projects VALUES ('p1', 'w1', 1), ('p2', 'w2', 1), ('p3', 'w1', 0), ('p4', NULL, 1);
INSERT INTO tasks VALUES ('t1', 'p1', 'a'), ('t2', 'p2', 'b'), ('t3', 'p3', 'c'), ('t4', 'p4', 'd'), ('t5', NULL, 'e');
"""


def check(condition, message):
    if not condition:
        failures.append(message)


def bulkhead(*arguments, status=0):
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    check(result.returncode == status, f"{arguments}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def why(task, claims, *more, status=0):
    return bulkhead("why", folder / "rules.sync", "tasks", task, "--source", folder / "app.db", "--auth",
                    json.dumps(claims), *more, status=status)


def admitted(task, claims):
    return json.loads(why(task, claims, "--format", "json").stdout)["admitted"]


def held_by(client):
    database = sqlite3.connect(client)
    if not database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'tasks'").fetchone():
        return set()
    return {row[0] for row in database.execute("SELECT id FROM tasks")}


(folder / "rules.sync").write_text(RULES)
database = sqlite3.connect(folder / "app.db")
database.executescript(RULES.split("CREATE STREAM")[0] + ROWS)
database.close()

for claims in ({"sub": "alice"}, {"sub": "bob"}, {"sub": "alice", "project": "p3"}, {"sub": "nobody"}, {}):
    client = folder / "client.db"
    client.unlink(missing_ok=True)
    bulkhead("run", folder / "rules.sync", "--source", folder / "app.db", "--store", folder / "state.db", "--client",
             f"{client}={json.dumps(claims)}", "--once")
    held = held_by(client)
    said = {task for task in ("t1", "t2", "t3", "t4", "t5") if admitted(task, claims)}
    check(held == said, f"{claims}: the client holds {sorted(held)}, why says {sorted(said)}")

text = why("t2", {"sub": "bob"}).stdout
for part in ("this user does not have it", "no row of members meets all of these", "user_id = auth.user_id()",
             "for      tasks t (id = 't2', project_id = 'p2')", "rules.sync:8:"):
    check(part in text, f"`{part}` is missing from:\n{text}")
text = why("t1", {"sub": "bob"}).stdout
check("by       members (user_id = 'bob', workspace_id = 'w1')" in text, text)
check("no row that would be" in why("t9", {"sub": "bob"}, status=3).stderr, "an unknown id is not named")
check("not a JSON object" in why("t1", [], status=3).stderr, "claims that are no object are taken")
bulkhead("why", folder / "rules.sync", "nothing", "t1", "--source", folder / "app.db", status=3)
check("nowhere.db" in bulkhead("why", folder / "rules.sync", "tasks", "t1", "--source", folder / "nowhere.db", status=3).stderr,
      "a missing source is not named")

bulkhead("analyze", folder / "app.db", "-o", folder / "stats.json")
tables = json.loads((folder / "stats.json").read_text())["tables"]
check(tables["tasks"] == {"rows": 5.0, "distinct": {"id": 5.0, "project_id": 4.0, "title": 5.0}}, f"{tables}")
check(not any(name.startswith("bulkhead") for name in tables), f"our own tables are measured: {sorted(tables)}")
bulkhead("explain", folder / "rules.sync", "--cuts", "--stats", folder / "stats.json")
bulkhead("analyze", folder / "nowhere.db", status=3)

print("\n".join(failures) or "why and analyze are right")
sys.exit(bool(failures))
