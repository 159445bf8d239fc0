"""A PostgreSQL server of a test's own: on a Unix socket in a temporary folder, gone when the test ends, however it ends.

    with PostgresCluster({"wal_level": "logical"}) as cluster:
        cluster.sql("CREATE TABLE t (id int)")
        subprocess.run([program, cluster.conninfo()])
"""
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

USER = "bulkhead"
START_SECONDS = 60
PR_SET_PDEATHSIG = 1

# Nothing here must survive a crash of the machine.
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "16MB",
        "listen_addresses": "", "max_connections": "20", "timezone": "UTC", "log_min_messages": "warning",
        "autovacuum": "off"}


def programs_folder():
    """Where initdb and postgres are: Debian keeps them out of PATH."""
    versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    found = versions[-1] if versions else shutil.which("postgres")
    if not found:
        raise RuntimeError("no PostgreSQL server: apt-get install postgresql (tests/tools/install_dependencies.sh test)")
    return pathlib.Path(found).parent


def unprivileged():
    """The account to run as when we are root, whom PostgreSQL refuses; or None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise RuntimeError("root needs an account `postgres` or `nobody` to run the server as")


class PostgresCluster:
    def __init__(self, settings=None):
        self.settings = {**FAST, **(settings or {})}
        self.account = unprivileged()
        self.bin = programs_folder()
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.folder, self.server = None, None

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bulkhead-pg-"))
        try:
            if self.account:
                os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
            self._run("initdb", "-D", self.folder / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        options = [f"--{name}={value}" for name, value in {**self.settings, "unix_socket_directories": self.folder}.items()]
        log = open(self.folder / "log", "ab")
        self.server = subprocess.Popen([self.bin / "postgres", "-D", self.folder / "data", *options], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, cwd=self.folder, preexec_fn=self._become)
        log.close()
        until = time.monotonic() + START_SECONDS
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder]).returncode != 0:
            if self.server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server does not start: {self.log()}")
            time.sleep(0.02)

    def stop(self, how=signal.SIGINT):
        """SIGINT: as a restart does. SIGQUIT: as a crash."""
        if self.server:
            self.server.send_signal(how)
            try:
                self.server.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
            self.server = None

    def conninfo(self, database="postgres"):
        return f"host={self.folder} user={USER} dbname={database}"

    def sql(self, statements, database="postgres"):
        """What psql prints, unaligned and without headers."""
        done = subprocess.run([self.bin / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.conninfo(database)], input=statements,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr}")
        return done.stdout

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _become(self):
        """In the child: another user, and killed with us even if we are killed."""
        if self.account:
            os.setgroups([])
            os.setgid(self.account.pw_gid)
            os.setuid(self.account.pw_uid)
        self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

    def _run(self, program, *arguments):
        done = subprocess.run([self.bin / program, *arguments], capture_output=True, text=True, cwd=self.folder,
                              preexec_fn=self._become)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
