"""Sends a message to a target, whichever kind that is."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from domain.alerts.messages import Message, json_body, mail_subject, mail_text, slack_body
from domain.alerts.ports import Mail, Outcome, Poster
from domain.alerts.signing import keys_of_text
from domain.clock import Clock
from domain.delivery.ports import SecretReader
from domain.errors import Misconfigured, Undelivered
from domain.standard_webhooks import signed_headers

_NS = 1_000_000_000
_JSON = {"Content-Type": "application/json", "User-Agent": "ingest-endpoints-alerts/1"}


class Ways(NamedTuple):
    """How messages get out; `own_machine` lets them go to ports of this machine, too."""

    poster: Poster
    mail: Mail
    secrets: SecretReader
    clock: Clock
    own_machine: bool = False


Send = Callable[[Mapping[str, Any], Message], Outcome]
"""From a target as it is stored, and a message, what became of it."""


def send(ways: Ways, target: Mapping[str, Any], message: Message) -> Outcome:
    """Send a message once; it never raises for what its way says."""
    try:
        if target["kind"] == "email":
            return ways.mail.send(target["id"], mail_subject(message), mail_text(message))
        secret = ways.secrets.get(target["secret"])
    except (Misconfigured, Undelivered):
        return Outcome("failed", "The secret of this target could not be read.")
    if secret is None:
        return Outcome("failed", "The secret of this target is gone: make the target anew.")
    if target["kind"] == "slack":
        return ways.poster.post(secret, _JSON, slack_body(message))
    # The time of this try, not that of the message: receivers refuse old ones.
    body, at = json_body(message), ways.clock() // _NS
    return ways.poster.post(target["url"], _JSON | signed_headers(message.id, at, body, keys_of_text(secret)), body)
