#!/usr/bin/env python3
"""Writes cases/*.json. Rows that a case expects come from SQLite: the tables have no column types, the request's values
stand in each query as literals, and the results of a stream's queries are united. What must be rejected is named by the
text that the diagnostic points at.

  make_cases.py          writes the files
  make_cases.py --check  says which differ from what would be written
"""
import json
import os
import re
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = []


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, dict)):
        value = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return "'" + value.replace("'", "''") + "'"


def bind(sql, request):
    """The query with the request's values as literals, and arrays after IN as their elements."""
    documents = {"auth": request["auth"], "connection": request["connection"], "subscription": request["subscription"]}

    def parameter(match):
        document, key = documents[match.group(1)], match.group(2)
        if key.startswith("$."):
            for part in key[2:].split("."):
                document = (document or {}).get(part)
            return literal(document)
        return literal((document or {}).get(key))

    call = r"(auth|connection|subscription)\.parameter\('([^']+)'\)"
    sql = re.sub(r"(?<=IN )" + call, lambda m: "(SELECT value FROM json_each(%s))" % parameter(m), sql)
    sql = re.sub(call, parameter, sql)
    sql = sql.replace("auth.user_id()", literal(request["auth"].get("sub")))
    for name, document in documents.items():
        sql = sql.replace(name + ".parameters()", literal(document))
    return sql


class World:
    """The source's tables in SQLite."""

    def __init__(self, columns, schema):
        self.db = sqlite3.connect(":memory:")
        self.db.row_factory = sqlite3.Row
        for table, names in columns.items():
            self.db.execute("CREATE TABLE \"%s\" (%s)" % (table, ", ".join('"%s"' % n for n in names)))

    def apply(self, change):
        table, row = change["table"], change["row"]
        if change["op"] != "insert":
            self.db.execute("DELETE FROM \"%s\" WHERE id IS ?" % table, (row["id"],))
        if change["op"] != "delete":
            names = ", ".join('"%s"' % n for n in row)
            values = [bytes.fromhex(v["$blob"]) if isinstance(v, dict) else v for v in row.values()]
            self.db.execute("INSERT INTO \"%s\" (%s) VALUES (%s)" % (table, names, ", ".join("?" * len(row))), values)

    def rows(self, sql):
        out = []
        for row in self.db.execute(sql):
            item = {}
            for name in row.keys():
                if not isinstance(row[name], bytes):
                    item[name] = row[name]
            if item.get("id") is not None:
                out.append(item)
        return out


def yaml_of(edition, streams, config=None, with_=None):
    lines = ["config:", "  edition: %d" % edition]
    for key, value in (config or {}).items():
        lines.append("  %s: %s" % (key, value))
    if with_:
        lines.append("with:")
        lines += ["  %s: %s" % (name, sql) for name, sql in with_.items()]
    lines.append("streams:")
    for name, stream in streams.items():
        lines.append("  %s:" % name)
        for key, value in stream.items():
            if key == "queries":
                lines.append("    queries:")
                lines += ["      - %s" % query for query in value]
            elif key == "with":
                lines.append("    with:")
                lines += ["      %s: %s" % (n, sql) for n, sql in value.items()]
            else:
                lines.append("    %s: %s" % (key, value))
    return "\n".join(lines) + "\n"


def id_text(row):
    return (lambda v: v if isinstance(v, str) else repr(v))(row["id"]).encode()


def expected(world, outputs, requests):
    """outputs: (client table, SQL, request kind)."""
    tables = {}
    for request in requests:
        for table, sql in outputs(request):
            rows = tables.setdefault(table, {})
            for row in world.rows(bind(sql, request)):
                rows[id_text(row)] = row
    return {table: [rows[key] for key in sorted(rows)] for table, rows in sorted(tables.items()) if rows}


def accepted(name, covers, yaml, outputs, rows, clients=None, later=(), schema=None, warnings=(), config=None):
    """outputs: list of (client table, SQL as SQLite runs it). rows: {table: [rows]}. later: lists of changes, each
    followed by a sync of every client. clients: {name: claims} or {name: {auth, connection, subscriptions}}."""
    columns = {}
    for changes in [[{"table": t, "row": r} for t, rs in rows.items() for r in rs]] + [list(c) for c in later]:
        for change in changes:
            known = columns.setdefault(change["table"], [])
            known += [c for c in change["row"] if c not in known]
    world = World(columns, schema)
    first = [{"op": "insert", "table": t, "row": r} for t, rs in rows.items() for r in rs]
    steps, expect = [{"tx": first}], []
    sessions = {}
    for client, request in (clients or {"u": {"sub": "u"}}).items():
        if "auth" not in request:
            request = {"auth": request}
        session = {"auth": request["auth"], "connection": request.get("connection", {}),
                   "subscriptions": request.get("subscriptions", [])}
        sessions[client] = session
        steps.append(dict({"connect": client}, **session))

    def of_stream(request):
        for output in outputs:
            table, sql = output[0], output[1]
            stream = output[2] if len(output) > 2 else None
            if stream == request["stream"]:
                yield table, sql

    def sync_all():
        for client, session in sessions.items():
            steps.append({"sync": client})
            base = {"auth": session["auth"], "connection": session["connection"]}
            requests = [dict(base, subscription={}, stream=None)]
            requests += [dict(base, subscription=s.get("parameters", {}), stream=s["stream"])
                         for s in session["subscriptions"]]
            expect.append({"client": client, "tables": expected(world, of_stream, requests)})

    for change in first:
        world.apply(change)
    sync_all()
    for changes in later:
        for change in changes:
            world.apply(change)
        steps.append({"tx": list(changes)})
        sync_all()
    case = {"name": name, "covers": covers, "rules": {"language": "powersync", "text": yaml}}
    if schema:
        case["schema"] = schema
    case["steps"] = steps
    case["expect"] = expect
    if warnings:
        case["expect_warnings"] = [place(yaml, *w) for w in warnings]
    CASES.append(case)


def place(yaml, code, text, severity="warning", nth=0):
    at = -1
    for _ in range(nth + 1):
        at = yaml.index(text, at + 1)

    def position(offset):
        return yaml.count("\n", 0, offset) + 1, offset - (yaml.rfind("\n", 0, offset) + 1) + 1

    (line, column), (end_line, end_column) = position(at), position(at + len(text))
    coded = {"code": code} if code else {}
    return {"severity": severity, **coded, "line": line, "column": column, "end_line": end_line,
            "end_column": end_column}


def rejected(name, covers, yaml, *places, schema=None):
    case = {"name": name, "covers": covers, "rules": {"language": "powersync", "text": yaml}}
    if schema:
        case["schema"] = schema
    case["steps"] = []
    case["expect"] = {"diagnostics": [place(yaml, *p, severity="error") for p in places]}
    CASES.append(case)


def insert(table, **row):
    return {"op": "insert", "table": table, "row": row}


def update(table, **row):
    return {"op": "update", "table": table, "row": row}


def delete(table, **row):
    return {"op": "delete", "table": table, "row": row}


def main():
    folder = os.path.join(HERE, "cases")
    os.makedirs(folder, exist_ok=True)
    from case_list import define
    define(sys.modules[__name__])
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names), "two cases have one name"
    wrong = 0
    for case in CASES:
        path = os.path.join(folder, case["name"] + ".json")
        text = json.dumps(case, indent=1, ensure_ascii=False) + "\n"
        if "--check" in sys.argv:
            if not os.path.exists(path) or open(path).read() != text:
                print("differs:", case["name"])
                wrong += 1
        else:
            open(path, "w").write(text)
    print("%d cases" % len(CASES))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.path.insert(0, HERE)
    sys.exit(main())
