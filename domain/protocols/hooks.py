"""Webhooks of others: a signature over the body as it was sent, and an event that holds the body.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
https://docs.stripe.com/webhooks#verify-manually
https://shopify.dev/docs/apps/build/webhooks/subscribe/https#step-2-validate-the-origin-of-your-webhook
https://docs.slack.dev/authentication/verifying-requests-from-slack
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.forms import form_value
from domain.protocols.shared.reading import Unread, json_from_parameter, read, stripped
from domain.protocols.shared.shape import Made, Protocol, Reply, Sent, Translated, native_answer
from domain.protocols.shared.times import Moment, moment_from_rfc3339, moment_from_unix, text_from_moment
from domain.protocols.shared.writing import dumps
from schemas.codes import Problem
from schemas.limits import HOOK_AWAY_SECONDS

_NS_PER_SECOND = 1_000_000_000
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII).fullmatch
_VOUCHER_OF_SLACK = "token"
"""A secret that Slack sends in every body, besides the signature."""
_MARK_OF_COMMAND = b"token="


class _Signed(NamedTuple):
    """What a signature was made of, and the signatures that came; None for both where there is none to check."""

    text: bytes
    signatures: Sequence[bytes]
    write: Callable[[bytes], bytes]
    """From a digest to the form that signatures have."""


class _Told(NamedTuple):
    """What a provider tells of an event beside the body, as it came; `read` takes its time."""

    webhook_id: Any = None
    type: Any = None
    sent_at: Any = None
    read: Callable[[Any], Moment | None] = moment_from_rfc3339
    is_of_try: bool = False
    """Whether the time is that of the try, and another one with the next."""


class _Scheme(NamedTuple):
    signed: Callable[[Sent], _Signed | None]
    told: Callable[[Sent, Any], _Told]


def _is_signed(sent: Sent, secrets: Sequence[bytes]) -> bool:
    """Say whether a request is signed with one of its webhook's secrets; `body` is as it was sent.

    Every signature is compared with that of every secret, each in constant time.
    """
    scheme = _SCHEMES[sent.hook_scheme]
    if sent.hook_scheme == "none":
        return True
    signed = scheme.signed(sent)
    if signed is None:
        return False
    is_right = False
    for secret in secrets:
        expected = signed.write(hmac.digest(secret, signed.text, "sha256"))
        for signature in signed.signatures:
            is_right |= hmac.compare_digest(expected, signature)
    return is_right


def _hex(digest: bytes) -> bytes:
    return binascii.b2a_hex(digest)


def _base64(digest: bytes) -> bytes:
    return binascii.b2a_base64(digest, newline=False)


def _bytes(header: str) -> bytes:
    return header.strip().encode("utf-8", "surrogateescape")


def _of_header(name: str, prefix: str, write: Callable[[bytes], bytes]) -> Callable[[Sent], _Signed | None]:
    """Return the reader of a scheme that signs the body alone."""

    def signed(sent: Sent) -> _Signed | None:
        header = sent.headers.get(name, "")
        if not header.startswith(prefix):
            return None
        return _Signed(sent.body, [_bytes(header.removeprefix(prefix))], write)

    return signed


def _is_now(seconds: str, sent: Sent) -> bool:
    if not _SECONDS(seconds):
        return False
    return abs(sent.received_ns - int(seconds) * _NS_PER_SECOND) <= HOOK_AWAY_SECONDS * _NS_PER_SECOND


def _signed_by_stripe(sent: Sent) -> _Signed | None:
    parts = [part.strip().partition("=")[::2] for part in sent.headers.get("stripe-signature", "").split(",")]
    times = [value for name, value in parts if name == "t"]
    if len(times) != 1 or not _is_now(times[0], sent):
        return None
    signatures = [_bytes(value) for name, value in parts if name == "v1"]
    return _Signed(b"%b.%b" % (times[0].encode(), sent.body), signatures, _hex)


def _signed_by_slack(sent: Sent) -> _Signed | None:
    seconds = sent.headers.get("x-slack-request-timestamp", "")
    version, _, signature = sent.headers.get("x-slack-signature", "").partition("=")
    if version != "v0" or not _is_now(seconds, sent):
        return None
    return _Signed(b"v0:%b:%b" % (seconds.encode(), sent.body), [_bytes(signature)], _hex)


def _prefix_of_standard(sent: Sent) -> str:
    return "webhook" if "webhook-signature" in sent.headers else "svix"


def _signed_by_standard(sent: Sent) -> _Signed | None:
    prefix = _prefix_of_standard(sent)
    own_id, seconds, header = (sent.headers.get(f"{prefix}-{name}", "") for name in ("id", "timestamp", "signature"))
    if not own_id or not _is_now(seconds, sent):
        return None
    versions = [part.partition(",")[::2] for part in header.split(" ")]
    signatures = [_bytes(value) for version, value in versions if version == "v1"]
    return _Signed(b"%b.%b.%b" % (_bytes(own_id), seconds.encode(), sent.body), signatures, _base64)


def _member(payload: Any, name: str) -> Any:
    return payload.get(name) if type(payload) is dict else None


def _seconds(value: Any) -> Moment | None:
    return moment_from_unix(value, 1)


def _told_by_github(sent: Sent, _payload: Any) -> _Told:
    return _Told(sent.headers.get("x-github-delivery"), sent.headers.get("x-github-event"))


def _told_by_stripe(_sent: Sent, payload: Any) -> _Told:
    return _Told(_member(payload, "id"), _member(payload, "type"), _member(payload, "created"), _seconds)


def _told_by_shopify(sent: Sent, _payload: Any) -> _Told:
    headers = sent.headers
    own_id = headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id")
    return _Told(own_id, headers.get("x-shopify-topic"), headers.get("x-shopify-triggered-at"))


def _told_by_slack(_sent: Sent, payload: Any) -> _Told:
    kind = _member(_member(payload, "event"), "type") or _member(payload, "type")
    return _Told(_member(payload, "event_id"), kind, _member(payload, "event_time"), _seconds)


def _told_by_standard(sent: Sent, payload: Any) -> _Told:
    prefix = _prefix_of_standard(sent)
    own_id, seconds = sent.headers.get(f"{prefix}-id"), sent.headers.get(f"{prefix}-timestamp")
    return _Told(own_id, _member(payload, "type"), seconds, _seconds, is_of_try=True)


def _told_by_any(sent: Sent, _payload: Any) -> _Told:
    return _Told(sent.headers.get("x-webhook-id"), sent.headers.get("x-webhook-type"))


def _translate(sent: Sent) -> Translated:
    text = stripped(sent.body)
    if not text:
        return Translated([])
    payload, is_plain, has_short_numbers = _payload(text)
    if type(payload) is Unread:
        if sent.hook_scheme == "slack" and not payload.is_costly and _MARK_OF_COMMAND in payload.text:
            raise Rejected(
                Problem.UNSUPPORTED_MEDIA_TYPE, "Of Slack, events and interactions are accepted; commands are not."
            )
        return Translated([Made(payload.text, is_unread=payload.is_costly)])
    if sent.hook_scheme == "slack" and type(payload) is dict:
        if payload.get("type") == "url_verification" and type(payload.get("challenge")) is str:
            return Translated([], reply=Reply(200, {"challenge": payload["challenge"]}))
        payload.pop(_VOUCHER_OF_SLACK, None)
    told = _SCHEMES[sent.hook_scheme or "none"].told(sent, payload)
    moment = told.read(told.sent_at)
    sent_at = told.sent_at if moment is None else text_from_moment(moment)
    event = {"hook": sent.part, "webhook_id": told.webhook_id, "type": told.type, "sent_at": sent_at}
    event = {name: value for name, value in event.items() if value is not None}
    # What could stand twice in an event, or is none of JSON's texts, is not handed on as a value.
    is_plain = is_plain and all(type(value) is str and value.isascii() for value in event.values())
    event["payload"] = payload
    text, content = dumps(event), b""
    if told.is_of_try:
        content = dumps({name: value for name, value in event.items() if name != "sent_at"})
    sender_id = told.webhook_id if type(told.webhook_id) is str else None
    made = Made(text, sender_id, content, False, event if is_plain else None)
    return Translated([made], has_short_numbers=has_short_numbers)


def _payload(text: bytes) -> tuple[Any, bool, bool]:
    """Return the value that a body holds, JSON or a form whose `payload` is JSON, as `read` does."""
    found = read(text)
    payload = found[0]
    if type(payload) is not Unread or payload.is_costly:
        return found
    value = form_value(text, b"payload")
    return read(json_from_parameter(value)) if value else found


_SCHEMES: Mapping[str, _Scheme] = {
    "github": _Scheme(_of_header("x-hub-signature-256", "sha256=", _hex), _told_by_github),
    "stripe": _Scheme(_signed_by_stripe, _told_by_stripe),
    "shopify": _Scheme(_of_header("x-shopify-hmac-sha256", "", _base64), _told_by_shopify),
    "slack": _Scheme(_signed_by_slack, _told_by_slack),
    "standard": _Scheme(_signed_by_standard, _told_by_standard),
    "hmac": _Scheme(_of_header("x-signature-256", "sha256=", _hex), _told_by_any),
    "none": _Scheme(lambda _sent: None, _told_by_any),
}

PROTOCOL = Protocol(
    translate=_translate,
    answer=native_answer,
    is_signed=_is_signed,
)
