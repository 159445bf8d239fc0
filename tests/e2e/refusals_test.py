#!/usr/bin/env python3
"""What is wrong outside the program is said plainly, with the exit status of its kind, and leaves no half-written file.

Usage: refusals_test.py PROGRAM
"""
import os
import sqlite3
import stat
import subprocess
import time

from deployment import DATA, PROGRAM, RULES, Deployment, expect, rows, run_tests, succeeds


def refused(d, what, status, *words, arguments=None):
    got, out, err = d.call(*(arguments or d.arguments("--once")))
    expect(got == status, f"{what}: exit status {got} instead of {status}: {out} {err}")
    for word in words:
        expect(word in err, f"{what}: no `{word}` in: {err}")
    return err


def two_processes_on_one_store():
    with Deployment() as d:
        d.script(DATA)
        run = d.start()
        d.await_equal(run, "first load")
        refused(d, "second process", 3, "error:", "state.db")
        d.script("UPDATE docs SET title = 'still alive' WHERE id = 1")
        d.await_equal(run, "after the second process")
        d.stop(run)


def other_rules_on_one_store():
    with Deployment() as d:
        d.script(DATA)
        succeeds(d.once(), "first run")
        before = d.store.read_bytes()
        d.rules.write_text(RULES.replace("state <> 'gone'", "state <> 'gone' AND title <> 'two'"))
        refused(d, "other rules", 3, "state.db", "--rebuild", "--store")
        expect(d.store.read_bytes() == before, "the refused store was changed")
        succeeds(d.once("--rebuild"), "--rebuild")
        docs = rows(d.client("alice"), "id", "SELECT id FROM docs")
        expect(docs == [("1",), ("5",)], f"alice has {docs}")
        d.rules.write_text(RULES)
        succeeds(d.once("--rebuild"), "back to the first rules")
        expect(not d.differences(), d.differences())


def rebuild_with_the_same_rules():
    """Clients keep their files; the new store's history is another."""
    with Deployment() as d:
        d.script(DATA)
        succeeds(d.once(), "first run")
        for i in range(5):
            d.script(f"UPDATE docs SET title = 'title {i}'")
            succeeds(d.once(), "an update")
        succeeds(d.once("--rebuild"), "--rebuild")
        expect(not d.differences(), f"after --rebuild: {d.differences()}")
        d.script("UPDATE docs SET title = 'later'; INSERT INTO docs VALUES (9, 2, NULL, 'nine', 'open')")
        succeeds(d.once(), "after --rebuild")
        expect(not d.differences(), f"later: {d.differences()}")


def content(d):
    return {path.name: path.read_bytes() for path in d.folder.iterdir() if path.suffix in (".db", ".sync", ".sql")}


def damaged(name, damage):
    with Deployment() as d:
        d.script(DATA)
        succeeds(d.once(), "first run")
        sqlite3.connect(d.source).execute("PRAGMA journal_mode = DELETE").close()
        d.script("UPDATE docs SET title = 'not seen yet' WHERE id = 1")
        path = d.folder / name
        path.write_bytes(damage(path.read_bytes()))
        for wal in d.folder.glob("*-wal"):
            wal.unlink()
        before = content(d)
        refused(d, f"damaged {name}", 3, "error:", name)
        after = content(d)
        expect(after[name] == before[name], f"the damaged {name} was written to")


def garbage():
    for name in ("app.db", "state.db", "alice.db"):
        damaged(name, lambda data: b"This is no database. " * 400)


def somebody_elses():
    """A database of somebody else's."""
    for name in ("state.db", "alice.db"):
        with Deployment() as d:
            d.script(DATA)
            other = sqlite3.connect(d.folder / name)
            other.executescript("CREATE TABLE bulkhead_state (a); CREATE TABLE head (b); INSERT INTO head VALUES (1);")
            other.close()
            dump = lambda: list(sqlite3.connect(d.folder / name).iterdump())
            before = dump()
            refused(d, f"foreign {name}", 3, "error:", name)
            expect(dump() == before, f"the foreign {name} was changed: {dump()}")


def truncated():
    for name in ("app.db", "state.db", "alice.db"):
        damaged(name, lambda data: data[: len(data) // 2 // 4096 * 4096 + 100])


def missing_source():
    with Deployment() as d:
        d.source.unlink()
        refused(d, "missing source", 3, "error:", "app.db")
        expect(not d.source.exists(), "a source was made")


def source_without_a_table():
    with Deployment() as d:
        d.script("DROP TABLE docs")
        refused(d, "missing table", 3, "error:", "docs")


def bad_claims():
    with Deployment() as d:
        d.script(DATA)
        for claims in ("{\"sub\":", "[]", "{}", ""):
            arguments = ["run", "rules.sync", "--source", "app.db", "--store", "state.db", "--client", f"x.db={claims}", "--once"]
            refused(d, f"claims {claims}", 2, "x.db", arguments=arguments)
        refused(d, "no claims", 2, "FILE=CLAIMS", arguments=["run", "rules.sync", "--source", "app.db", "--store", "state.db",
                                                             "--client", "x.db", "--once"])


def wrong_rules():
    with Deployment() as d:
        d.rules.write_text(RULES.replace("FROM docs", "FROM dogs"))
        refused(d, "wrong rules", 1, "dogs", "rules.sync")
        (d.folder / "plan.json").write_text('{"bulkhead.plan": 1, "tables": 7}')
        arguments = [argument.replace("rules.sync", "plan.json") for argument in d.arguments("--once")]
        refused(d, "a bad plan", 1, "plan.json", arguments=arguments)
        expect(not d.store.exists(), "a store was made for wrong rules")


def unreadable_rows():
    """They are reported with table and key; all others arrive."""
    with Deployment() as d:
        d.script(DATA)
        d.execute("INSERT INTO docs VALUES (70, 1, 'alice', CAST(X'66FF66' AS TEXT), 'open')")
        status, _, err = d.once()
        expect(status == 0, f"exit status {status}: {err}")
        expect("docs" in err and "70" in err, f"the row was not reported: {err}")
        d.execute("UPDATE docs SET title = 'readable' WHERE id = 70")
        d.execute("UPDATE docs SET title = CAST(X'FE' AS TEXT) WHERE id = 1")
        status, _, err = d.once()
        expect(status == 0 and "docs" in err, f"the row was not reported: {err}")
        docs = rows(d.client("alice"), "id, title", "SELECT id, title FROM docs")
        expect(docs == [("2", "'two'"), ("5", "'five'"), ("70", "'readable'")], f"alice has {docs}")
        d.execute("UPDATE docs SET title = 'back' WHERE id = 1")
        succeeds(d.once(), "all readable")
        expect(not d.differences(), d.differences())


def a_locked_source():
    """Somebody holds the write lock for a while: nothing fails, and it goes on."""
    with Deployment() as d:
        d.script(DATA)
        run = d.start("--poll-ms", "5")
        d.await_equal(run, "first load")
        writer = sqlite3.connect(d.source)
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE docs SET title = 'slow' WHERE id = 1")
        time.sleep(1.5)
        writer.commit()
        d.await_equal(run, "after the lock")
        d.stop(run)


def a_locked_client():
    """An application that holds its own file's lock delays itself only."""
    with Deployment() as d:
        d.script(DATA)
        run = d.start("--poll-ms", "5")
        d.await_equal(run, "first load")
        reader = sqlite3.connect(d.client("alice"))
        reader.execute("BEGIN").execute("SELECT count(*) FROM docs").fetchone()
        d.script("UPDATE docs SET title = 'while read' WHERE id = 1")
        d.await_equal(run, "while an application reads")
        reader.commit()
        d.stop(run)


def an_unwritable_folder():
    if os.geteuid() == 0:
        return  # root may write anywhere
    with Deployment() as d:
        d.script(DATA)
        d.folder.chmod(0o500)
        refused(d, "folder that cannot be written", 3, "error:")
        d.folder.chmod(0o700)


def folders_as_files():
    with Deployment() as d:
        for command in (["check"], ["replay"], ["fmt"], ["run"]):
            refused(d, f"{command[0]} of a folder", 3, "cannot read", arguments=[*command, str(d.folder), *(
                ["--source", "x", "--store", "y", "--client", 'z={}'] if command == ["run"] else [])])
        for command in ("check", "replay"):
            folder = os.open(d.folder, os.O_RDONLY)
            done = subprocess.run([PROGRAM, command, "-"], stdin=folder, capture_output=True, text=True)
            os.close(folder)
            expect(done.returncode == 3 and "cannot read" in done.stderr, f"{command} -: {done}")


def written_through():
    """A pipe is written to, a link is followed, permissions stay; a folder is refused."""
    with Deployment() as d:
        real, link, pipe = d.folder / "real.json", d.folder / "link.json", d.folder / "pipe"
        link.symlink_to("real.json")
        os.mkfifo(pipe)
        compile_to = lambda path: d.call("compile", str(d.rules), "-o", str(path))
        expect(compile_to(link)[0] == 0 and link.is_symlink() and real.stat().st_size > 0, "a link is not followed")
        real.chmod(0o640)
        expect(compile_to(link)[0] == 0 and real.stat().st_mode & 0o777 == 0o640, "permissions are lost")
        reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
        expect(compile_to(pipe)[0] == 0 and stat.S_ISFIFO(pipe.lstat().st_mode), "a pipe is replaced")
        expect(reader.communicate(timeout=60)[0] == real.read_bytes(), "the pipe's reader got something else")
        refused(d, "a folder as output", 3, "cannot write", arguments=["compile", str(d.rules), "-o", str(d.folder)])
        expect(not list(d.folder.glob("*.tmp")), "a temporary file is left")


run_tests([two_processes_on_one_store, other_rules_on_one_store, rebuild_with_the_same_rules, garbage, somebody_elses,
           truncated, missing_source, source_without_a_table, bad_claims, wrong_rules, unreadable_rows, a_locked_source,
           a_locked_client, an_unwritable_folder, folders_as_files, written_through])
