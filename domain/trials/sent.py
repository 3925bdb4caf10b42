"""An event of a trial as it was sent, and what is known of the request that it came in."""

from datetime import datetime
from typing import Any, NamedTuple

from domain.completion.request_facts import RequestFacts
from domain.http import HttpRequest


class Ids(NamedTuple):
    """Whose events they are."""

    organisation_id: str
    endpoint_id: str
    environment_id: str


class Sent(NamedTuple):
    """An event as it was sent, as far as that is known.

    `parsed` is what its text parses to where that is known already. `masks` are pointers of places whose value is not
    known; nothing stands there. `distinct` are those of arrays whose elements are known to have differed. `unseen` says
    what else of it is not known.
    """

    text: bytes
    parsed: dict[str, Any] | None
    received_at: str
    masks: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    content_type: str | None = None
    user_agent: str | None = None
    source_ip: str | None = None
    distinct: frozenset[str] = frozenset()


def facts_of(ids: Ids, revision_id: str, received_at: str, sent: Sent | None = None) -> RequestFacts:
    """Return what is known of an event's request.

    Nothing of what is made with these facts is kept or shown, so that a hash may have any key of the right length.
    """
    kept = {} if sent is None else {"content-type": sent.content_type, "user-agent": sent.user_agent}
    headers = {name: value for name, value in kept.items() if value is not None}
    source_ip = (sent.source_ip if sent is not None else None) or ""
    request = HttpRequest("POST", "/", "", headers, {}, b"", source_ip, "")
    return RequestFacts(
        request, _unix_ns(received_at), received_at, *ids, revision_id, deployment_secret=lambda: bytes(32)
    )


def _unix_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000
