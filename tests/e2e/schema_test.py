#!/usr/bin/env python3
"""The clients' tables that `bulkhead schema` writes are code: node reads the JavaScript, SQLite runs the SQL, and what
they then declare is what the rules give.

Usage: schema_test.py PROGRAM
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

RULES = """config: {edition: 3}
streams:
  s:
    queries:
      - SELECT id, title, weight, done FROM tasks
      - SELECT id, body AS "odd name", length(body) AS size FROM notes AS "class"
"""
SCHEMA = """CREATE TABLE tasks (id text PRIMARY KEY, title text, weight real, done boolean);
CREATE TABLE notes (id text PRIMARY KEY, body text);
"""
WANTED = {"tasks": {"title": "text", "weight": "real", "done": "integer"}, "class": {"odd name": "text", "size": "integer"}}
# Stands for the SDK: prints what was declared.
STUB = """export const column = { text: 'text', integer: 'integer', real: 'real' };
export class Table { constructor(columns) { this.columns = columns; } }
export class Schema {
  constructor(tables) {
    const out = {};
    for (const name in tables) out[name] = tables[name].columns;
    console.log(JSON.stringify(out));
  }
}
"""


def schema(program, folder, language):
    command = [program, "schema", "rules.yaml", "--schema", "schema.sql", "--for", language]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("rules.yaml", RULES), ("schema.sql", SCHEMA), ("sdk.mjs", STUB)):
            open(os.path.join(folder, name), "w").write(text)
        database = sqlite3.connect(":memory:")
        database.executescript(schema(program, folder, "sql"))
        for table, columns in WANTED.items():
            found = {row[1]: row[2].lower() for row in database.execute('PRAGMA table_info("%s")' % table)}
            assert found == dict(columns, id="text"), (table, found)
        if shutil.which("node"):
            script = schema(program, folder, "js").replace("'@powersync/web'", "'./sdk.mjs'")
            open(os.path.join(folder, "schema.mjs"), "w").write(script)
            printed = subprocess.run(["node", "schema.mjs"], cwd=folder, check=True, capture_output=True, text=True).stdout
            assert json.loads(printed) == WANTED, printed
        else:
            print("node is missing: the JavaScript was not read")
        for language in ("ts", "kotlin", "swift", "dart", "dotnet", "room"):
            text = schema(program, folder, language)
            assert text.count("(") == text.count(")") and text.count("{") == text.count("}"), text
    print("ok")


main()
