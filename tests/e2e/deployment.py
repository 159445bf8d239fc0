"""A small deployment of the real program: a SQLite source, rules, a server store and two clients' local databases.

The tests beside this file use it; each gets the program's path as its first argument.
"""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]

SCHEMA = """
CREATE TABLE members (user_id TEXT NOT NULL, org_id INTEGER NOT NULL, role TEXT NOT NULL, PRIMARY KEY (user_id, org_id));
CREATE TABLE docs (id INTEGER PRIMARY KEY, org_id INTEGER NOT NULL, owner TEXT, title TEXT, state TEXT NOT NULL);
CREATE TABLE labels (doc_id INTEGER NOT NULL, label TEXT NOT NULL, weight REAL, PRIMARY KEY (doc_id, label)) WITHOUT ROWID;
"""

RULES = """
CREATE SCHEMA FROM 'schema.sql';
CREATE PRINCIPAL (sub text NOT NULL);
CREATE VIEW my_orgs AS SELECT org_id AS id FROM members WHERE user_id = auth.user_id();

CREATE STREAM members AUTO SUBSCRIBE PRIORITY 1 AS
  SELECT user_id || ':' || org_id AS id, user_id, org_id, role FROM members WHERE org_id IN my_orgs;
CREATE STREAM docs AUTO SUBSCRIBE AS
  SELECT * FROM docs WHERE state <> 'gone' AND (org_id IN my_orgs OR owner = auth.user_id());
CREATE STREAM mine AUTO SUBSCRIBE PRIORITY 2 AS
  SELECT * INTO drafts FROM docs WHERE owner = auth.user_id() AND state = 'draft';
CREATE STREAM labels (doc_id integer NOT NULL) AS
  SELECT doc_id || ':' || label AS id, doc_id, label, weight FROM labels
    WHERE doc_id = :doc_id AND doc_id IN (SELECT id FROM docs WHERE org_id IN my_orgs);
"""

DATA = """
INSERT INTO members VALUES ('alice', 1, 'admin'), ('alice', 2, 'member'), ('bob', 2, 'admin'), ('carol', 3, 'admin');
INSERT INTO docs VALUES (1, 1, 'alice', 'one', 'open'), (2, 2, 'bob', 'two', 'draft'), (3, 3, 'carol', 'three', 'open'),
  (4, 1, NULL, 'four', 'gone'), (5, 3, 'alice', 'five', 'draft');
INSERT INTO labels VALUES (1, 'red', 0.5), (1, 'blue', 1.0), (2, 'red', 2), (3, 'red', 3)
"""

# What a client holds, by hand: table, columns, and the rows as SQL for the user :me.
MINE = "(SELECT org_id FROM members WHERE user_id = :me)"
ANSWERS = {
    "members": ("id, user_id, org_id, role",
                f"SELECT user_id || ':' || org_id AS id, user_id, org_id, role FROM members WHERE org_id IN {MINE}"),
    "docs": ("id, org_id, owner, title, state",
             f"SELECT * FROM docs WHERE state <> 'gone' AND (org_id IN {MINE} OR owner = :me)"),
    "drafts": ("id, org_id, owner, title, state", "SELECT * FROM docs WHERE owner = :me AND state = 'draft'"),
}


def connect(path, read_only=False):
    database = sqlite3.connect(f"file:{path}?mode={'ro' if read_only else 'rw'}", uri=True, timeout=30)
    database.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return database


def rows(path, columns, select, me=None):
    """The rows as SQL literals, so that 1, 1.0 and '1' differ; sorted."""
    quoted = ", ".join(f"quote({column.strip()})" for column in columns.split(","))
    database = connect(path)
    try:
        return sorted(database.execute(f"SELECT {quoted} FROM ({select})", {"me": me} if me else {}).fetchall())
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise
    finally:
        database.close()


class Deployment:
    users = ["alice", "bob"]

    def __init__(self, schema=SCHEMA, rules=RULES):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead-e2e-"))
        self.source = self.folder / "app.db"
        self.store = self.folder / "state.db"
        self.rules = self.folder / "rules.sync"
        self.rules.write_text(rules)
        (self.folder / "schema.sql").write_text(schema)
        database = sqlite3.connect(self.source)
        database.executescript("PRAGMA journal_mode = WAL;" + schema)
        database.close()
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()
        if kind is None:
            shutil.rmtree(self.folder)
        else:
            print(f"files are kept in {self.folder}", file=sys.stderr)

    def client(self, user):
        return self.folder / f"{user}.db"

    def execute(self, sql, parameters=()):
        database = connect(self.source)
        with database:
            database.execute(sql, parameters)
        database.close()

    def script(self, sql):
        database = connect(self.source)
        database.executescript(f"BEGIN IMMEDIATE; {sql}; COMMIT;")
        database.close()

    def arguments(self, *extra):
        clients = [text for user in self.users for text in ("--client", f"{user}.db={{\"sub\":\"{user}\"}}")]
        return ["run", "rules.sync", "--source", "app.db", "--store", "state.db", *clients, *extra]

    def start(self, *extra, name="run"):
        """`bulkhead run` in the background; its output is in NAME.out and NAME.err."""
        return self.start_with(self.arguments(*extra), name)

    def start_with(self, arguments, name="run"):
        with open(self.folder / f"{name}.out", "ab") as out, open(self.folder / f"{name}.err", "ab") as err:
            process = subprocess.Popen([PROGRAM, *arguments], cwd=self.folder, stdout=out, stderr=err,
                                       stdin=subprocess.DEVNULL)
        self.running.append(process)
        return process

    def output(self, kind="out", name="run"):
        return (self.folder / f"{name}.{kind}").read_text(errors="replace")

    def call(self, *arguments, timeout=120):
        """Any command, to its end: (exit status, standard output, standard error)."""
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=timeout)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def once(self, *extra):
        return self.call(*self.arguments("--once", *extra))

    def differences(self):
        found = []
        for user in self.users:
            for table, (columns, select) in ANSWERS.items():
                expected = rows(self.source, columns, select, user)
                actual = rows(self.client(user), columns, f'SELECT * FROM "{table}"') if self.client(user).exists() else []
                found += [f"{user}.{table} lacks {row}" for row in expected if row not in set(actual)]
                found += [f"{user}.{table} has {row}" for row in actual if row not in set(expected)]
                if len(expected) != len(actual) and not found:
                    found.append(f"{user}.{table} has {len(actual)} rows instead of {len(expected)}")
        return found

    def await_equal(self, process, what, seconds=30):
        self.await_true(lambda: not self.differences(), process,
                        lambda: f"{what}: " + "\n".join(self.differences()[:10]), seconds)

    def await_true(self, condition, process, what, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            expect(process.poll() is None, f"the program has ended with {process.poll()}: {self.output('err')[-2000:]}")
            expect(time.monotonic() < deadline, what() if callable(what) else what)
            time.sleep(0.02)

    def stop(self, process, number=signal.SIGTERM):
        process.send_signal(number)
        status = process.wait(timeout=60)
        expect(status == 0, f"exit status {status} after signal {number}: {self.output('err')[-2000:]}")


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def succeeds(result, what):
    status, out, err = result
    expect(status == 0, f"{what}: exit status {status}\n{out[-1000:]}\n{err[-2000:]}")
    return out


def run_tests(tests):
    """Runs each function, says how it went, and exits."""
    wanted = os.environ.get("BULKHEAD_E2E", "")
    failed = 0
    for test in tests:
        if wanted not in test.__name__:
            continue
        began = time.monotonic()
        try:
            test()
            print(f"ok      {test.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except (AssertionError, subprocess.TimeoutExpired, sqlite3.Error) as error:
            failed += 1
            print(f"FAILED  {test.__name__}: {error}", flush=True)
    sys.exit(failed > 0)
