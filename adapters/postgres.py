"""Sessions with PostgreSQL servers of users: to allowed addresses only, over TLS that is checked, bounded in all of it.

The driver reads and writes through `_Wire`. So whatever a server sends, a session takes bounded time and memory.
"""

import io
import re
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, NamedTuple

from pg8000.exceptions import DatabaseError
from pg8000.native import Connection

from adapters.reaching import (
    Allows,
    Resolve,
    Unreachable,
    any_address,
    connection_to,
    looked_up,
    reason_of,
    resolved,
    seconds_until,
)
from domain.postgres_place import PostgresPlace
from domain.web_places import is_public
from schemas.limits import MAX_POSTGRES_ANSWER_BYTES

_SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
_FLUSH_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024
_SASL_CONTINUE = b"\x00\x00\x00\x0b"
_ITERATIONS = re.compile(rb"(?:^|,)i=([0-9]{1,7})(?:,|$)")
_COUNT = struct.Struct("!H")
_MAX_ITERATIONS = 1_000_000
"""Of hashing the password, which the server asks for: half a second of a core."""
_MAX_ROW_BYTES = 64 * 1024
"""Of what is asked for no row is longer; making arrays of more would take minutes."""
_COLUMN_BYTES = 512
_ROW_BYTES = 64
_VALUE_BYTES = 64
"""What the driver makes of a column, a row and a value holds at least so much, however short it was on the wire."""


class PostgresError(Exception):
    """What a server says of a statement that it did not do; its message may repeat values."""

    def __init__(self, state: str, message: str, context: str = "") -> None:
        super().__init__(message)
        self.state = state
        """SQLSTATE."""
        self.context = context
        """Where in the server it happened, the innermost first, one a line."""


class Answer(NamedTuple):
    """The rows that a statement returned, and how many it wrote."""

    rows: list[list[Any]]
    written: int


class Session:
    """One connection; used by one thread. Closing it takes back what was not committed."""

    def __init__(self, connection: Connection, wire: "_Wire") -> None:
        self._connection = connection
        self._wire = wire

    def run(self, sql: str, seconds: float) -> Answer:
        """Do statements, as text without parameters; raises `PostgresError` or `Unreachable`."""
        return self._bounded(seconds, lambda: self._connection.run(sql))

    def copy(self, sql: str, blocks: Iterable[bytes], seconds: float) -> None:
        """Do a COPY FROM STDIN; raises as `run` does."""
        self._bounded(seconds, lambda: self._connection.run(sql, stream=blocks))

    def close(self) -> None:
        self._wire.close()

    def _bounded(self, seconds: float, work: Callable[[], Any]) -> Answer:
        self._wire.allow(time.monotonic() + seconds)
        try:
            rows = work()
        except DatabaseError as error:
            raise _said(error) from None
        except Exception as error:
            raise _broken(error, "answer") from error
        return Answer(rows or [], max(0, self._connection.row_count))


class PostgresClient:
    """Opens sessions; safe to use from several threads."""

    def __init__(self, *, own_machine: bool, allows: Allows | None = None, resolve: Resolve | None = None) -> None:
        """Take whether it runs on the user's own machine: then its ports and its network may be reached.

        `allows` says which addresses may be reached elsewhere: those of the Internet, if it is not given.
        """
        self._own_machine = own_machine
        self._allows = any_address if own_machine else allows or is_public
        self._resolve = resolve or resolved

    def open(self, place: PostgresPlace, ca_certificates: str | None, seconds: float) -> Session:
        """Sign in.

        Args:
            place: where, and as whom.
            ca_certificates: PEM of those that the server's certificate is checked with; None for public ones.
            seconds: what all of it may take.

        Raises:
            Unreachable, PostgresError.
        """
        deadline = time.monotonic() + seconds
        try:
            uses_tls = place.uses_tls(own_machine=self._own_machine)
        except ValueError as error:
            raise Unreachable(f"The connection string can't be used: {error}", "address") from None
        context = _trusting(ca_certificates) if uses_tls else None
        addresses = looked_up(place.host, place.port, deadline, self._resolve, self._allows)
        if not uses_tls and not all(ip_address(address).is_loopback for address in addresses):
            raise Unreachable(f"The host {place.host} is another machine: set sslmode to verify-full.", "address")
        connection = None
        try:
            connection = connection_to(addresses, place.port, deadline)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                connection = _with_tls(connection, place.host, context, deadline)
        except (OSError, ValueError) as error:
            if connection is not None:
                connection.close()
            raise _no_connection(place, error) from error
        wire = _Wire(connection, deadline)
        try:
            return Session(_signed_in(place, wire), wire)
        except DatabaseError as error:
            wire.close()
            raise _said(error) from None
        except Exception as error:
            wire.close()
            raise _broken(error, "connect") from error


class _Connection(Connection):  # type: ignore[misc]
    """The driver's, which neither hashes for as long as a server likes nor keeps what nobody asked for."""

    def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: Any) -> None:  # noqa: N802 - the driver's name
        if data.startswith(_SASL_CONTINUE):
            found = _ITERATIONS.search(data, 4)
            if found is None or int(found[1]) > _MAX_ITERATIONS:
                raise OSError("the server asks for too much hashing")
        super().handle_AUTHENTICATION_REQUEST(data, context)

    def handle_ROW_DESCRIPTION(self, data: bytes, context: Any) -> None:  # noqa: N802 - the driver's name
        self._sock.spend(_COLUMN_BYTES * _COUNT.unpack_from(data)[0])
        super().handle_ROW_DESCRIPTION(data, context)

    def handle_DATA_ROW(self, data: bytes, context: Any) -> None:  # noqa: N802 - the driver's name
        if len(data) > _MAX_ROW_BYTES:
            raise OSError("a row of the answer is too long")
        self._sock.spend(_ROW_BYTES + _VALUE_BYTES * len(context.input_funcs))
        super().handle_DATA_ROW(data, context)

    def handle_PARAMETER_STATUS(self, data: bytes, context: Any) -> None:  # noqa: N802 - the driver's name
        super().handle_PARAMETER_STATUS(data, context)
        self.parameter_statuses.clear()

    def handle_NOTICE_RESPONSE(self, data: bytes, context: Any) -> None:  # noqa: N802 - the driver's name
        """Keep none: they would outlive the bound of an answer."""

    def handle_NOTIFICATION_RESPONSE(self, data: bytes, context: Any) -> None:  # noqa: N802 - the driver's name
        """Keep none."""


class _Wire:
    """Stands for a socket and for its file, as the driver uses both."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._left_bytes = MAX_POSTGRES_ANSWER_BYTES
        self._waiting = bytearray()
        self._reader = io.BufferedReader(_Incoming(self), _READ_BYTES)

    def allow(self, deadline: float) -> None:
        """Begin a statement: how long it may take; its answer has the bytes of one anew."""
        self._deadline = deadline
        self._left_bytes = MAX_POSTGRES_ANSWER_BYTES

    def makefile(self, mode: str) -> "_Wire":  # noqa: ARG002 - always for both
        return self

    def read(self, size: int) -> bytes:
        if size < 0:
            raise OSError("the answer has parts of less than nothing")
        seconds_until(self._deadline)  # what is read already takes time, too
        self.spend(size)
        return self._reader.read(size)

    def spend(self, size: int) -> None:
        """Count bytes as part of an answer, which is bounded."""
        if size > self._left_bytes:
            raise OSError("the answer is too long")
        self._left_bytes -= size

    def receive_into(self, buffer: memoryview) -> int:
        self._connection.settimeout(seconds_until(self._deadline))
        return self._connection.recv_into(buffer)

    def write(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) >= _FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        self._connection.settimeout(seconds_until(self._deadline))
        self._connection.sendall(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        self._connection.close()


class _Incoming(io.RawIOBase):
    """What comes from a wire."""

    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive_into(memoryview(buffer))


def _trusting(ca_certificates: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=ca_certificates)
    except ssl.SSLError:
        raise Unreachable("The `ca_certificates` can't be read: give whole certificates in PEM.", "address") from None
    # Python asks for strictness from 3.13 on, PostgreSQL's own clients do not: authorities made by hand often lack it.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _with_tls(connection: socket.socket, host: str, context: ssl.SSLContext, deadline: float) -> socket.socket:
    """Ask for TLS before anything else is said, and check whose certificate it is."""
    connection.settimeout(seconds_until(deadline))
    connection.sendall(_SSL_REQUEST)
    if connection.recv(1) != b"S":
        raise ssl.SSLError("the server offers none")
    connection.settimeout(seconds_until(deadline))
    return context.wrap_socket(connection, server_hostname=host)


def _signed_in(place: PostgresPlace, wire: _Wire) -> Connection:
    return _Connection(
        place.user,
        database=place.database,
        password=place.password,
        ssl_context=False,  # done already
        sock=wire,
        application_name="ingest-endpoints",
        startup_params={"client_encoding": "UTF8"},  # whatever the role has set: rows are copied as the bytes they are
    )


def _said(error: DatabaseError) -> PostgresError:
    told: Any = error.args[0] if error.args else None
    if not isinstance(told, dict):
        return PostgresError("XX000", "The server answered in a way that can't be read.")
    return PostgresError(str(told.get("C", "XX000")), str(told.get("M", "")), str(told.get("W", "")))


def _no_connection(place: PostgresPlace, error: Exception) -> Unreachable:
    reason = reason_of(error)
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLCertVerificationError):
        reason = "the server offers no TLS, or another kind"
    elif isinstance(error, ssl.SSLCertVerificationError) and "hostname" not in error.verify_message.lower():
        reason = f"its certificate is not trusted ({error.verify_message}); give `ca_certificates`"
    message = f"No connection to {place.host}: {reason}."
    return Unreachable(message, "connect", took_too_long=isinstance(error, TimeoutError))


def _broken(error: Exception, stage: Any) -> Unreachable:
    """Return what stands for whatever the driver meets in answers that are none, or end early."""
    cause = error if isinstance(error, OSError) else error.__cause__
    took_too_long = isinstance(cause, TimeoutError)
    reason = "it took too long" if took_too_long else "the connection broke, or what answers is no PostgreSQL"
    return Unreachable(f"There was no answer: {reason}.", stage, took_too_long=took_too_long)
