"""AWS Signature Version 4, which is what a request carries instead of a password.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
The SDK's signer is the oracle of the tests.
"""

import hmac
import time
from collections.abc import Mapping
from hashlib import sha256

from adapters.aws_http.credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"
# What stands between here and the service may change or drop these, so they are not signed.
_UNSIGNED = frozenset(
    {
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)


class Signer:
    """Signs requests to one service in one region; safe to use from several threads."""

    def __init__(self, service: str, region: str) -> None:
        self._service = service
        self._region = region
        self._key: tuple[str, str, bytes] = ("", "", b"")
        self._second: tuple[int, str] = (-1, "")

    def sign(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
        credentials: Credentials,
        now_seconds: int,
    ) -> dict[str, str]:
        """Return the headers of a signed request: `headers` in lower case, and those that sign it.

        Args:
            method: in upper case.
            path: as it is sent, starting with `/`.
            query: as it is sent, percent-encoded, without `?`.
            headers: `host` among them; each name once, whatever its case.
            body: all of it.
            credentials: whose request it is.
            now_seconds: Unix time; AWS refuses what is more than five minutes off.
        """
        moment = self._moment(now_seconds)
        signed = {name.lower(): value for name, value in headers.items()}
        signed["x-amz-date"] = moment
        if credentials.session_token is not None:
            signed["x-amz-security-token"] = credentials.session_token
        names = sorted(name for name in signed if name not in _UNSIGNED)
        lines = "".join([f"{name}:{' '.join(signed[name].split())}\n" for name in names])
        signed_names = ";".join(names)
        digest = sha256(body).hexdigest()
        canonical = f"{method}\n{_canonical_path(path)}\n{_canonical_query(query)}\n{lines}\n{signed_names}\n{digest}"
        date = moment[:8]
        scope = f"{date}/{self._region}/{self._service}/aws4_request"
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._signing_key(credentials.secret_access_key, date), text.encode(), "sha256").hex()
        signed["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
            f"SignedHeaders={signed_names}, Signature={signature}"
        )
        return signed

    def _moment(self, now_seconds: int) -> str:
        second, text = self._second
        if second != now_seconds:
            text = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_seconds))
            self._second = (now_seconds, text)
        return text

    def _signing_key(self, secret: str, date: str) -> bytes:
        """Return the key of a day, kept until day or secret change."""
        known_secret, known_date, key = self._key
        if known_secret != secret or known_date != date:
            key = f"AWS4{secret}".encode()
            for part in (date, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = (secret, date, key)
        return key


def _canonical_path(path: str) -> str:
    """Return the path without empty and dotted segments, percent-encoded once more."""
    if path == "/":
        return path
    from urllib.parse import quote  # noqa: PLC0415 - of the services called so, none has a path

    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    end = "/" if path.endswith("/") and segments else ""
    return quote(f"/{'/'.join(segments)}{end}", safe="/~")


def _canonical_query(query: str) -> str:
    if not query:
        return query
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join([f"{name}={value}" for name, value in sorted((name, value) for name, _, value in pairs)])
