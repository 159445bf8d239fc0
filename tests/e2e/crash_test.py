#!/usr/bin/env python3
"""kill -9 at random moments loses nothing that was committed and repeats nothing.

`bulkhead run` is killed while another process changes the source: during the first load, while live, and while it
recovers. After each recovery every client equals SQLite's answer, the server's history has no operation twice, and
each client holds exactly the operations of its buckets.

Usage: crash_test.py PROGRAM      BULKHEAD_SEED fixes the seed, BULKHEAD_KILLS the number of kills (15)
"""
import multiprocessing
import os
import random
import signal
import sqlite3
import time

from deployment import Deployment, connect, expect, run_tests

PUT, REMOVE = 1, 2
SEED = int(os.environ.get("BULKHEAD_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
KILLS = int(os.environ.get("BULKHEAD_KILLS", "150" if os.environ.get("BULKHEAD_LONG") else "15"))
USERS = ["alice", "bob", "carol", "dave"]


def fill(d, count):
    database = connect(d.source)
    with database:
        database.executemany("INSERT INTO docs VALUES (?, ?, ?, ?, ?)", (
            (i, i % 7, USERS[i % 9] if i % 9 < 4 else None, f"doc {i}", ("open", "draft", "gone")[i % 3]) for i in range(count)))
        database.executemany("INSERT INTO members VALUES (?, ?, 'member')", ((u, o) for i, u in enumerate(USERS) for o in (i, i + 1)))
    database.close()


def change(database, choice):
    """One transaction of one to six random changes."""
    with database:
        for _ in range(choice.randrange(1, 7)):
            doc, org, user = choice.randrange(400), choice.randrange(7), choice.choice(USERS)
            state = choice.choice(("open", "draft", "gone"))
            database.execute(*choice.choice((
                ("REPLACE INTO docs VALUES (?, ?, ?, ?, ?)", (doc, org, user, f"new {choice.random()}", state)),
                ("UPDATE docs SET title = ?, state = ? WHERE id = ?", (f"title {choice.random()}", state, doc)),
                ("UPDATE docs SET org_id = ? WHERE id BETWEEN ? AND ?", (org, doc, doc + 5)),
                ("UPDATE OR REPLACE docs SET id = ? WHERE id = ?", (choice.randrange(400), doc)),
                ("DELETE FROM docs WHERE id = ?", (doc,)),
                ("INSERT OR IGNORE INTO members VALUES (?, ?, 'member')", (user, org)),
                ("DELETE FROM members WHERE user_id = ? AND org_id = ?", (user, org)),
                ("UPDATE OR IGNORE members SET org_id = ? WHERE user_id = ? AND org_id = ?", (org, user, (org + 1) % 7)),
            )))


def write(path, seed, seconds):
    choice = random.Random(seed)
    database = connect(path)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        change(database, choice)
        time.sleep(choice.choice((0, 0, 0.001, 0.01)))
    database.close()


def repeated_operations(d):
    """Operations in the server's history that change nothing."""
    found, state = [], {}
    database = connect(d.store)
    history = database.execute("SELECT bucket, op_id, kind, type, id, subkey, checksum FROM operations ORDER BY bucket, op_id")
    for bucket, op_id, kind, object_type, object_id, subkey, checksum in history:
        row = (bucket, object_type, object_id, subkey)
        now = checksum if kind == PUT else None
        if state.get(row) == now:
            found.append(f"operation {op_id} of bucket {bucket} repeats what {row} is")
        state[row] = now
    database.close()
    return found


def disagreements(d, user):
    """Where a client's log is not the server's history of its buckets."""
    found = []
    server, client = connect(d.store), connect(d.client(user))
    histories = {name: (checksum, count, last) for name, checksum, count, last in
                 server.execute("SELECT name, checksum, count, last_op FROM buckets")}
    for name, checksum, count, last in client.execute("SELECT name, checksum, count, last_op FROM bulkhead_buckets"):
        mask = (1 << 32) - 1
        expected = histories.get(name, (0, 0, 0))
        if (checksum & mask, count, last) != (expected[0] & mask, *expected[1:]):
            found.append(f"{user}: bucket {name} is {(checksum, count, last)} instead of {expected}")
    # The upper bits of a sequence number are the bucket's.
    twice = client.execute("SELECT seq >> 36, op_id, count(*) FROM bulkhead_oplog GROUP BY 1, 2 HAVING count(*) > 1").fetchall()
    found += [f"{user}: operation {op} of bucket {bucket} is there {n} times" for bucket, op, n in twice]
    server.close()
    client.close()
    return found


def recover(d, what):
    status, _, err = d.once()
    expect(status == 0, f"{what}: exit status {status}: {err[-2000:]}")
    for word in ("error", "does not agree"):
        expect(word not in err, f"{what}: {err[-2000:]}")
    problems = d.differences() or repeated_operations(d) or [p for user in d.users for p in disagreements(d, user)]
    expect(not problems, f"{what}:\n" + "\n".join(problems[:10]))


def kill_after(process, seconds):
    try:
        process.wait(timeout=seconds)
        return process.returncode
    except Exception:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return None


def killed_at_random():
    choice = random.Random(SEED)
    print(f"        BULKHEAD_SEED={SEED} BULKHEAD_KILLS={KILLS}", flush=True)
    with Deployment() as d:
        fill(d, 6000)
        kills = 0
        while kills < KILLS:
            writer = multiprocessing.Process(target=write, args=(d.source, choice.random(), choice.uniform(0.1, 0.8)))
            writer.start()
            for _ in range(choice.randrange(1, 4)):
                # The process needs a moment to begin; most kills should hit it at work.
                ended = kill_after(d.start("--poll-ms", "2", *choice.choice(((), ("--once",)))), choice.uniform(0.05, 1.0))
                expect(ended in (None, 0), f"the program ended by itself with {ended}: {d.output('err')[-2000:]}")
                kills += ended is None
            writer.join()
            recover(d, f"after {kills} kills (BULKHEAD_SEED={SEED})")


def load_state(d):
    """(a load has begun and not finished, rows loaded so far)"""
    try:
        database = connect(d.store, read_only=True)
        found = database.execute("SELECT loading, (SELECT count(*) FROM records) FROM head").fetchone()
        database.close()
        return found
    except sqlite3.Error:
        return 0, 0


def killed_in_the_first_load():
    """Each start loads a little more, until one is through."""
    choice = random.Random(SEED)
    with Deployment() as d:
        fill(d, 30_000)
        unfinished, loaded = 0, 0
        while unfinished < 3 and loaded < 20_000:
            process = d.start()
            d.await_true(lambda: load_state(d)[1] > loaded, process, "the load does not go on", seconds=60)
            kill_after(process, choice.uniform(0, 0.05))
            loading, loaded = load_state(d)
            unfinished += loading
        expect(unfinished > 0, "no kill hit the load")
        d.execute("DELETE FROM docs WHERE id < 300")  # loaded already, and gone when the load begins again
        recover(d, f"first load (BULKHEAD_SEED={SEED})")
        expect("going on with a load" in d.output("err") or unfinished == 1, "a load was not gone on with")


run_tests([killed_in_the_first_load, killed_at_random])
