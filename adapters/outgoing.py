"""Messages to addresses that users gave, by the client that goes to public addresses alone (`adapters.web_client`).

Of an answer nothing but its status is looked at.
"""

from collections.abc import Mapping

from adapters.reaching import Unreachable
from adapters.web_client import WebClient
from domain.alerts.ports import SENT, Outcome
from schemas.limits import ALERT_SEND_SECONDS, MAX_ALERT_ANSWER_BYTES

_OK, _REDIRECT, _CLIENT_ERROR = 200, 300, 400


class WebPoster:
    """Implements `Poster`; one may be used by several threads."""

    def __init__(self, web: WebClient, seconds: float = ALERT_SEND_SECONDS) -> None:
        """Take what connects, and how many seconds a message may take."""
        self._web = web
        self._seconds = seconds

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        try:
            status, _, _ = self._web.post(
                url,
                headers,
                body,
                seconds=self._seconds,
                max_answer_bytes=MAX_ALERT_ANSWER_BYTES,
                reads=lambda _status, _headers: False,
            )
        except Unreachable as error:
            if error.stage != "answer":
                return Outcome("failed", str(error))
            return Outcome("unknown", "The receiver gave no answer; it is not known whether the message arrived.")
        if _OK <= status < _REDIRECT:
            return SENT
        if _REDIRECT <= status < _CLIENT_ERROR:
            return Outcome("failed", f"The receiver answered {status}, a redirect, and none is followed.")
        return Outcome("failed", f"The receiver answered {status}.")
