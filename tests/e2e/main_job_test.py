#!/usr/bin/env python3
"""The main job in miniature: rules in, each user's rows out, live, through the real program.

Usage: main_job_test.py PROGRAM
"""
import json
import re
import signal
import sqlite3
import time

from deployment import DATA, Deployment, connect, expect, rows, run_tests, succeeds

CHANGES = {
    "an inserted row": "INSERT INTO docs VALUES (6, 2, 'dave', 'six', 'open')",
    "a changed row": "UPDATE docs SET title = 'zwei ☂', owner = 'alice' WHERE id = 2",
    "a row that moves": "UPDATE docs SET org_id = 3 WHERE id = 6",
    "a changed key": "UPDATE docs SET id = 60 WHERE id = 1",
    "a row that leaves by its value": "UPDATE docs SET state = 'gone' WHERE id = 60",
    "a membership that comes": "INSERT INTO members VALUES ('bob', 3, 'member')",
    "a membership that goes": "DELETE FROM members WHERE user_id = 'alice' AND org_id = 2",
    "a changed composite key": "UPDATE members SET org_id = 3 WHERE user_id = 'alice' AND org_id = 1",
    "many statements in one transaction":
        "UPDATE docs SET state = 'open'; DELETE FROM docs WHERE id = 5; INSERT INTO docs VALUES (5, 2, 'bob', 'new five', 'open');"
        "DELETE FROM members WHERE user_id = 'carol'",
    "a statement that replaces": "REPLACE INTO docs VALUES (5, 3, 'alice', 'newer five', 'draft')",
    "everything": "DELETE FROM docs",
}


def live():
    with Deployment() as d:
        d.script(DATA)
        run = d.start("--poll-ms", "5")
        d.await_equal(run, "first load")
        for what, sql in CHANGES.items():
            d.script(sql)
            d.await_equal(run, what)
        d.stop(run, signal.SIGINT)
        out = d.output()
        expect(re.search(r"^alice\.db: .*docs \+\d+ ~0 -0.* at \d+$", out, re.M), f"no line for the first checkpoint: {out}")
        expect(re.search(r"^bob\.db: .*docs \+0 ~0 -\d+ at \d+$", out, re.M), f"no line for lost rows: {out}")
        expect("trigger" in d.output("err"), f"installing triggers was not mentioned: {d.output('err')}")


def while_stopped():
    """What happens while the program is down is caught up with, and nothing is sent twice."""
    with Deployment() as d:
        d.script(DATA)
        succeeds(d.once(), "first run")
        expect(not d.differences(), f"first run: {d.differences()}")
        for what, sql in CHANGES.items():
            d.script(sql)
            succeeds(d.once(), what)
            expect(not d.differences(), f"{what}: {d.differences()}")
        out = succeeds(d.once(), "nothing to do")
        expect("+" not in out, f"rows were sent again: {out}")


def json_lines():
    with Deployment() as d:
        d.script(DATA)
        out = succeeds(d.once("--format", "json"), "--format json")
        lines = [json.loads(line) for line in out.splitlines()]
        gained = {(line["client"], table): changes["gained"] for line in lines for table, changes in line["tables"].items()}
        expect(gained.get(("alice.db", "docs")) == 3 and gained.get(("bob.db", "drafts")) == 1, f"unexpected lines: {out}")
        expect(all(int(line["checkpoint"]) > 0 for line in lines), f"no checkpoint: {out}")


def subscriptions():
    with Deployment() as d:
        d.script(DATA)
        succeeds(d.once("--subscribe", 'alice.db=labels:{"doc_id": 1}', "--subscribe", 'bob.db=labels:{"doc_id": 1}'), "run")
        labels = lambda user: rows(d.client(user), "doc_id, label, weight", "SELECT * FROM labels")
        expect(labels("alice") == [("1", "'blue'", "1.0"), ("1", "'red'", "0.5")], f"alice has {labels('alice')}")
        expect(labels("bob") == [], f"bob has {labels('bob')}")
        status, _, err = d.once("--subscribe", "alice.db=label")
        expect(status == 2 and "labels" in err, f"unknown stream: {status} {err}")
        status, _, err = d.once("--subscribe", "carol.db=labels")
        expect(status == 2 and "carol.db" in err, f"unknown client: {status} {err}")
        status, _, err = d.once("--subscribe", 'alice.db=labels:{"doc_id": "x"}')
        expect(status == 0 and "labels" in err, f"a bad parameter was not reported: {status} {err}")


def compiled_plan():
    with Deployment() as d:
        d.script(DATA)
        succeeds(d.call("compile", "rules.sync", "-o", "plan.json"), "compile")
        d.rules.unlink()
        arguments = [argument.replace("rules.sync", "plan.json") for argument in d.arguments("--once")]
        succeeds(d.call(*arguments), "run plan.json")
        expect(not d.differences(), d.differences())


def triggers():
    """They come and go by command; without them, and after, the database works as before."""
    with Deployment() as d:
        d.script(DATA)
        own = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%bulkhead%'"
        count = lambda: sqlite3.connect(d.source).execute(own).fetchone()[0]
        expect(count() == 0, "the database is not fresh")
        succeeds(d.call("source", "status", "app.db"), "status before")
        succeeds(d.call("source", "install", "app.db", "rules.sync", "--store", "state.db"), "install")
        expect(count() > 0, "nothing was installed")
        out = succeeds(d.call("source", "status", "app.db", "rules.sync"), "status")
        expect("docs" in out and "members" in out, f"status does not name the tables: {out}")
        succeeds(d.once(), "run")
        expect(not d.differences(), d.differences())
        succeeds(d.call("source", "remove", "app.db"), "remove")
        expect(count() == 0, "something was left behind")
        d.script("UPDATE docs SET title = 'unseen' WHERE id = 1")
        succeeds(d.once(), "run after remove")
        expect(not d.differences(), f"after remove and install: {d.differences()}")


def several_writers():
    """Two connections that write at the same time, one of them with transactions that roll back."""
    with Deployment() as d:
        d.script(DATA)
        run = d.start("--poll-ms", "5")
        first, second = connect(d.source), connect(d.source)
        for i in range(100, 160):
            first.execute("INSERT INTO docs VALUES (?, 2, 'bob', 'first', 'open')", (i,))
            if i % 3 == 0:
                first.rollback()
            else:
                first.commit()
            with second:
                second.execute("UPDATE docs SET title = title || '.' WHERE id = ?", (i - 5,))
        d.await_equal(run, "after 120 transactions")
        d.stop(run)


def schema_changes():
    """The source's schema changes while it is followed."""
    with Deployment() as d:
        d.script(DATA)
        run = d.start("--poll-ms", "5")
        d.await_equal(run, "first load")
        d.script("ALTER TABLE docs ADD COLUMN pages INTEGER DEFAULT 1; UPDATE docs SET title = 'with pages', pages = 2")
        d.script("ALTER TABLE docs DROP COLUMN pages")
        d.await_equal(run, "a column that comes and goes")
        succeeds(d.call("source", "remove", "app.db"), "remove while it is followed")
        d.script("UPDATE docs SET title = 'without triggers' WHERE id = 1")
        d.await_equal(run, "triggers that somebody removed")
        d.script("CREATE TABLE other (id INTEGER PRIMARY KEY, org_id, owner, title, state); INSERT INTO other SELECT * FROM docs;"
                 "DROP TABLE docs; ALTER TABLE other RENAME TO docs; UPDATE docs SET title = 'another table' WHERE id = 2")
        d.await_equal(run, "a table made anew")
        d.script("ALTER TABLE docs RENAME TO papers")
        status = run.wait(timeout=30)
        expect(status == 3 and "docs" in d.output("err"), f"a table that is gone: {status} {d.output('err')}")
        status, _, err = d.once()
        expect(status == 3 and "docs" in err, f"a table that is still gone: {status} {err}")
        d.script("ALTER TABLE papers RENAME TO docs; DELETE FROM docs WHERE id = 2")
        succeeds(d.once(), "the table is back")
        expect(not d.differences(), d.differences())


def timing():
    with Deployment() as d:
        d.script(DATA)
        run = d.start("--poll-ms", "5", "--timing")
        d.await_equal(run, "first load")
        for i in range(20):
            d.execute("UPDATE docs SET title = ? WHERE id = 2", (f"title {i}",))
            d.await_equal(run, "an update")
        d.stop(run)
        found = re.search(r"median ([\d.]+) ms", d.output("err"))
        expect(found, f"no timing: {d.output('err')}")
        print(f"        {found[0]} from seen in the source to the client's file")


def idle():
    """Waiting costs next to nothing."""
    with Deployment() as d:
        d.script(DATA)
        run = d.start()
        d.await_equal(run, "first load")
        cpu = lambda: sum(map(int, open(f"/proc/{run.pid}/stat").read().rpartition(")")[2].split()[11:13])) / 100
        time.sleep(0.5)
        before = cpu()
        time.sleep(3)
        used = (cpu() - before) / 3
        print(f"        {used * 100:.1f} % of a core while idle")
        expect(used < 0.05, f"{used * 100:.1f} % of a core while idle")
        d.stop(run)


run_tests([live, while_stopped, json_lines, subscriptions, compiled_plan, triggers, several_writers, schema_changes,
           timing, idle])
