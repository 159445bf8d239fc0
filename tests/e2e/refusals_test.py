#!/usr/bin/env python3
"""What is wrong outside the program is said plainly, with the exit status of its kind, and leaves no half-written file.

Usage: refusals_test.py PROGRAM
"""
import os
import resource
import signal
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


def once_as_nobody(d):
    """Root may write anywhere; anybody else is somebody already."""
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run([PROGRAM, *d.arguments("--once")], cwd=d.folder, capture_output=True, text=True, **nobody)
    return done.returncode, done.stderr


def what_cannot_be_written():
    """The message names the file: the source, the store or the client."""
    with Deployment() as d:
        d.script(DATA)
        sqlite3.connect(d.source).execute("PRAGMA journal_mode = DELETE").close()
        d.folder.chmod(0o555)
        status, err = once_as_nobody(d)
        expect(status == 3 and "state.db" in err, f"no store can be made: exit status {status}: {err}")
        d.folder.chmod(0o777)
        succeeds(d.once(), "first run")
        succeeds(d.call("source", "remove", "app.db"), "source remove")
        for file in ("app.db", "state.db", "alice.db"):
            for path in d.folder.iterdir():
                path.chmod(0o444 if path.name == file else 0o666)
            status, err = once_as_nobody(d)
            expect(status == 3 and file in err, f"{file} cannot be written: exit status {status}: {err}")
        tables = sqlite3.connect(d.source).execute("SELECT name FROM sqlite_schema WHERE name GLOB 'bulkhead_*'")
        expect(not tables.fetchall(), "the source was written to before the others were looked at")


def a_full_disk():
    """As a limit on the size of files: a failure with the file's name; with room again nothing is lost or repeated."""
    with Deployment() as d:
        d.script(DATA + "; WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
                 "INSERT INTO docs SELECT i, 1 + i % 2, 'alice', hex(randomblob(200)), 'open' FROM n")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        named = set()
        for size in (40_000, 300_000, 1_000_000, 1_900_000):
            done = subprocess.run([PROGRAM, *d.arguments("--once")], cwd=d.folder, capture_output=True, text=True,
                                  preexec_fn=limit, timeout=120)
            if done.returncode == 0:
                break
            found = [name for name in ("app.db", "state.db", "alice.db", "bob.db") if name in done.stderr.splitlines()[-1]]
            expect(done.returncode == 3 and found, f"at {size} bytes: exit status {done.returncode}: {done.stderr}")
            named.update(found)
        expect("state.db" in named, f"the limits met {named} only")
        succeeds(d.once(), "with room")
        expect(not d.differences(), f"with room: {d.differences()[:5]}")


def a_table_dropped_meanwhile():
    with Deployment() as d:
        d.script(DATA)
        run = d.start("--poll-ms", "5")
        d.await_equal(run, "first load")
        d.script("ALTER TABLE docs RENAME TO papers")
        expect(run.wait(timeout=60) == 3 and "app.db`: no table `docs`" in d.output("err"), d.output("err"))
        docs = lambda: rows(d.client("alice"), "id", "SELECT id FROM docs")
        expect(docs() == [("1",), ("2",), ("5",)], f"alice has {docs()}")
        d.script("CREATE TABLE docs AS SELECT * FROM papers WHERE id <> 2")
        refused(d, "a table without a key", 3, "docs", "key")
        d.script("DROP TABLE docs; CREATE TABLE docs (id INTEGER PRIMARY KEY, org_id INTEGER NOT NULL, owner TEXT, "
                 "title TEXT, state TEXT NOT NULL); INSERT INTO docs SELECT * FROM papers WHERE id <> 2")
        succeeds(d.once(), "made again")
        expect(not d.differences(), d.differences())


def interrupted_before_the_start():
    """While rules are read: nothing has been written, and the end is a clean one."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with Deployment() as d:
            arguments = d.arguments()
            arguments[1] = "-"
            with open(d.folder / "run.err", "wb") as err:
                run = subprocess.Popen([PROGRAM, *arguments], cwd=d.folder, stdin=subprocess.PIPE, stderr=err)
            d.running.append(run)
            caught = lambda: int(next(line.split()[1] for line in open(f"/proc/{run.pid}/status") if line[:7] == "SigCgt:"), 16)
            d.await_true(lambda: caught() & 1 << (number - 1), run, "the signal is never looked for")
            d.stop(run, number)
            expect(d.output("err") == "", d.output("err"))
            expect(not d.store.exists(), "a store was made")


def nobody_reads_the_output():
    """A parent that ignores SIGPIPE gets a status; the clients have what was told."""
    with Deployment() as d:
        d.script(DATA)
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([PROGRAM, *d.arguments()], cwd=d.folder, stdout=write, stderr=subprocess.PIPE, text=True,
                              restore_signals=False, timeout=120)
        os.close(write)
        expect(done.returncode == 3 and "standard output" in done.stderr, f"exit status {done.returncode}: {done.stderr}")
        expect(not d.differences(), d.differences())


def mistyped():
    """What is said of a wrong command line says what to type."""
    with Deployment() as d:
        for arguments, word in ((["chek", "rules.sync"], "did you mean `check`?"), (["frobnicate"], "`bulkhead --help`"),
                                (["--no-such-option"], "`bulkhead --help`"), (["check", "--formt", "json"], "`bulkhead check --help`"),
                                (["source", "install"], "`bulkhead source install --help`"),
                                ([*d.arguments("--once"), "--subscribe", "alice.db=labls"], "did you mean `labels`?"),
                                ([*d.arguments("--once"), "--client", "x.db={sub:alice}"], "x.db='{\"sub\":\"alice\"}'")):
            refused(d, " ".join(arguments), 2, "error: ", word, arguments=arguments)
        refused(d, "rules as a scenario", 1, "`rules.sync`: the scenario is not JSON", arguments=["replay", "rules.sync"])


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
           a_locked_client, what_cannot_be_written, a_full_disk, a_table_dropped_meanwhile, interrupted_before_the_start,
           nobody_reads_the_output, mistyped, folders_as_files, written_through])
