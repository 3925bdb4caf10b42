"""A PostgreSQL server of this machine, in a temporary folder and on a free port, for one session of tests.

It runs as an unprivileged user, since it refuses to run as root. It has TLS with a certificate of an authority of its
own, and a superuser that signs in with a password.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509

from adapters.postgres import PostgresClient
from benchmarks.local_run import free_port
from domain.postgres_place import PostgresSecret, place_from_dsn, text_of_secret
from tests.certificates import issue, key_of

SUPERUSER, PASSWORD = "admin", "an-admins-password"
_HBA = """
hostssl all tls_only 127.0.0.1/32 scram-sha-256
host all tls_only 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "40",
    "autovacuum": "off",
    "ssl": "on",
}


def binaries():
    """Return the folder with the server's programs; None where there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders else None


class Server:
    """One that runs. Every test takes a schema and a role of its own."""

    def __init__(self, port, ca_certificates):
        self.port = port
        self.ca_certificates = ca_certificates
        self._schemas = 0

    def dsn(self, user=SUPERUSER, password=PASSWORD, host="127.0.0.1", **parameters):
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{user}:{password}@{host}:{self.port}/postgres" + (f"?{query}" if query else "")

    def secret(self, **parts):
        return text_of_secret(PostgresSecret(self.dsn(**parts)))

    @contextmanager
    def session(self, **parts):
        session = PostgresClient(own_machine=True).open(place_from_dsn(self.dsn(**parts)), None, 10.0)
        try:
            yield session
        finally:
            session.close()

    def run(self, sql, **parts):
        """Do statements as the superuser, and return the rows of the last one."""
        with self.session(**parts) as session:
            return session.run(sql, 30.0).rows

    def new_schema(self):
        """Make a schema and a role that may make tables in it and nothing else; return the name of both."""
        self._schemas += 1
        name = f"events_{os.getpid()}_{self._schemas}"
        self.run(
            f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'; CREATE SCHEMA {name}; "
            f"GRANT USAGE, CREATE ON SCHEMA {name} TO {name}"
        )
        return name


@contextmanager
def running_server():
    """Start one, and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ingest-postgres-"))
    try:
        ca_certificates = _write_certificates(folder)
        account = _account()
        if account is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, account.pw_uid, account.pw_gid)
        port = free_port()
        process = _start(folder, port, account)
        try:
            yield Server(port, ca_certificates)
        finally:
            process.send_signal(signal.SIGINT)  # ends its sessions, too
            process.wait(30)
    finally:
        shutil.rmtree(folder)


def _start(folder, port, account):
    programs, data = binaries(), folder / "data"
    as_account = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    options = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **as_account}
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    subprocess.run(
        [
            *(programs / "initdb", "--pgdata", data, "--username", SUPERUSER, "--pwfile", folder / "password"),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        **options,
    )
    (data / "pg_hba.conf").write_text(_HBA)
    settings = {
        **_SETTINGS,
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "ssl_cert_file": folder / "server.pem",
        "ssl_key_file": folder / "server.key",
    }
    (data / "postgresql.auto.conf").write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()))
    # In a session of its own: a terminal's Ctrl+C ends the tests first, and they end it.
    process = subprocess.Popen(
        [programs / "postgres", "-D", data],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **options,
    )
    said = b""
    for line in process.stderr:
        said += line
        if b"database system is ready to accept connections" in line:
            break
    else:
        raise RuntimeError(said.decode())
    _drain(process)
    return process


def _drain(process):
    """Let what the server says go nowhere, so that its pipe never fills."""

    def read():
        with process.stderr as said:
            for _ in said:
                pass

    threading.Thread(target=read, daemon=True).start()


def _account():
    """Return as whom the server runs; None for whoever runs the tests, if that is not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no unprivileged user")


def _write_certificates(folder):
    """Make an authority and a certificate for this machine; return the authority's, in PEM."""
    starts = datetime.now(UTC) - timedelta(days=1)
    authority = issue((), name="Authority of the tests", starts=starts, days=2, is_authority=True)
    here = x509.IPAddress(ip_address("127.0.0.1"))
    server = issue(("localhost",), authority, key=key_of("p256", 2), starts=starts, days=2, others=(here,))
    (folder / "server.pem").write_text(server.pem)
    (folder / "server.key").write_text(server.private_key)
    (folder / "server.key").chmod(0o600)
    return authority.pem
