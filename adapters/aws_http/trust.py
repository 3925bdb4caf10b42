"""Whom secure connections believe that they reach AWS: AWS's own root certificates first, then the system's.

The system's are some 150, of which AWS's endpoints need one: loading them all takes a tenth of a cold start or more, by
the version of OpenSSL. `docs/decisions/0038-a-cold-start.md` says more.
"""

import os.path
import ssl
from collections.abc import Callable
from functools import cache
from socket import socket

from adapters.aws_http.aws_roots import AWS_ROOTS
from domain.errors import Misconfigured


class Trust:
    """Whom connections to one endpoint believe; safe to use from several threads."""

    __slots__ = ("_asks_system", "_aws_roots", "_ca_bundle")

    def __init__(self, ca_bundle: str | None, aws_roots: str = AWS_ROOTS) -> None:
        """Take a file or folder of certificates that alone are believed, if there is one, and AWS's own as PEM."""
        self._ca_bundle = ca_bundle
        self._aws_roots = aws_roots
        self._asks_system = False

    def prepare(self) -> None:
        """Load what the first secure connection will need.

        Raises:
            Misconfigured: the CA bundle can't be read.
        """
        self._first()

    def secured(self, connect: Callable[[], socket], host: bytes) -> ssl.SSLSocket:
        """Return a secure connection to a host that has shown who it is.

        Where AWS's own roots don't vouch for it, those of the system are asked on a second connection, and from then on
        they alone.

        Args:
            connect: opens a connection; whatever goes wrong afterwards, it is closed.
            host: whose certificate it has to be.

        Raises:
            OSError: nobody vouches for the host, or it can't be reached.
            Misconfigured: the CA bundle can't be read.
        """
        if self._ca_bundle is not None or self._asks_system:
            return _secured(self._first(), connect(), host)
        try:
            return _secured(self._first(), connect(), host)
        except ssl.SSLCertVerificationError:
            secured = _secured(_context_of_bundle(None), connect(), host)
        self._asks_system = True
        return secured

    def _first(self) -> ssl.SSLContext:
        if self._ca_bundle is not None or self._asks_system:
            return _context_of_bundle(self._ca_bundle)
        return _context_of_roots(self._aws_roots)


def _secured(context: ssl.SSLContext, connection: socket, host: bytes) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


# One per process: all services share them, and none is ever changed.
@cache
def _context_of_roots(roots: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=roots)


@cache
def _context_of_bundle(ca_bundle: str | None) -> ssl.SSLContext:
    """Return the settings of connections that believe a bundle; the system's certificates, if None."""
    try:
        if ca_bundle is not None and os.path.isdir(ca_bundle):  # noqa: PTH112 - `pathlib` takes 2 ms to load
            return ssl.create_default_context(capath=ca_bundle)
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError:
        raise Misconfigured("AWS_CA_BUNDLE must name a file or folder of PEM certificates.") from None
