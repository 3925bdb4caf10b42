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
from functools import lru_cache
from typing import NamedTuple

from domain.errors import Rejected
from domain.forms import form_value
from domain.msgspec_core import Raw, Struct
from domain.protocols.shared.members import NULL, Event, members_of, read_value, text_of, value_of, write_event
from domain.protocols.shared.reading import Unread, json_from_parameter, stripped
from domain.protocols.shared.shape import Made, Protocol, Reply, Sent, Translated, native_answer
from domain.protocols.shared.times import Moment, moment_from_rfc3339, moment_from_unix, written_moment
from domain.protocols.shared.writing import dumps
from schemas.codes import Problem
from schemas.limits import HOOK_AWAY_SECONDS

_NS_PER_SECOND = 1_000_000_000
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII).fullmatch
_KEYS_PREPARED = 200
_VOUCHER_OF_SLACK = "token"
"""A secret that Slack sends in every body, besides the signature."""
_MARK_OF_COMMAND = b"token="


class _Signed(NamedTuple):
    """What a signature was made of, and the signatures that came; None for both where there is none to check."""

    text: bytes
    signatures: Sequence[bytes]
    write: Callable[[bytes], bytes]
    """From a digest to the form that signatures have."""


class _Told(Struct, gc=False):
    """What a provider tells of an event beside the body, as JSON texts; a time as it is stored."""

    webhook_id: Raw = NULL
    type: Raw = NULL
    sent_at: Raw = NULL
    is_of_try: bool = False
    """Whether the time is that of the try, and another one with the next."""


class _Scheme(NamedTuple):
    signed: Callable[[Sent], _Signed | None]
    told: Callable[[Sent, Raw], _Told]


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
        made = _keyed(secret).copy()
        made.update(signed.text)
        expected = signed.write(made.digest())
        for signature in signed.signatures:
            is_right |= hmac.compare_digest(expected, signature)
    return is_right


@lru_cache(maxsize=_KEYS_PREPARED)
def _keyed(secret: bytes) -> hmac.HMAC:
    """Return what each signature with a secret begins as: to read the secret takes longer than a small body."""
    return hmac.new(secret, digestmod="sha256")


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


def _header(sent: Sent, name: str) -> Raw:
    value = sent.headers.get(name)
    return NULL if value is None else Raw(dumps(value))


def _member(members: Event | None, name: str) -> Raw:
    return NULL if members is None else members.get(name, NULL)


def _time(as_sent: Raw, moment: Moment | None) -> Raw:
    return as_sent if moment is None else Raw(written_moment(moment))


def _seconds(as_sent: Raw) -> Raw:
    return _time(as_sent, moment_from_unix(text_of(as_sent) or bytes(as_sent).decode(), 1))


def _told_by_github(sent: Sent, _payload: Raw) -> _Told:
    return _Told(_header(sent, "x-github-delivery"), _header(sent, "x-github-event"))


def _told_by_stripe(_sent: Sent, payload: Raw) -> _Told:
    members = members_of(payload)
    return _Told(_member(members, "id"), _member(members, "type"), _seconds(_member(members, "created")))


def _told_by_shopify(sent: Sent, _payload: Raw) -> _Told:
    name_of_id = "x-shopify-event-id" if sent.headers.get("x-shopify-event-id") else "x-shopify-webhook-id"
    moment = moment_from_rfc3339(sent.headers.get("x-shopify-triggered-at"))
    time = _time(_header(sent, "x-shopify-triggered-at"), moment)
    return _Told(_header(sent, name_of_id), _header(sent, "x-shopify-topic"), time)


def _told_by_slack(_sent: Sent, payload: Raw) -> _Told:
    members = members_of(payload)
    kind = _member(members_of(_member(members, "event")), "type")
    if not value_of(kind):
        kind = _member(members, "type")
    return _Told(_member(members, "event_id"), kind, _seconds(_member(members, "event_time")))


def _told_by_standard(sent: Sent, payload: Raw) -> _Told:
    prefix = _prefix_of_standard(sent)
    time = _seconds(_header(sent, f"{prefix}-timestamp"))
    return _Told(_header(sent, f"{prefix}-id"), _member(members_of(payload), "type"), time, is_of_try=True)


def _told_by_any(sent: Sent, _payload: Raw) -> _Told:
    return _Told(_header(sent, "x-webhook-id"), _header(sent, "x-webhook-type"))


def _translate(sent: Sent) -> Translated:
    text = stripped(sent.body)
    if not text:
        return Translated([])
    payload = read_value(text)
    if isinstance(payload, Unread) and not payload.is_costly:
        payload = _of_form(text)
    if isinstance(payload, Unread):
        if sent.hook_scheme == "slack" and not payload.is_costly and _MARK_OF_COMMAND in payload.text:
            raise Rejected(
                Problem.UNSUPPORTED_MEDIA_TYPE, "Of Slack, events and interactions are accepted; commands are not."
            )
        return Translated([Made(payload.text, is_unread=payload.is_costly)])
    if sent.hook_scheme == "slack" and (members := members_of(payload)) is not None:
        challenge = text_of(_member(members, "challenge"))
        if challenge is not None and text_of(_member(members, "type")) == "url_verification":
            return Translated([], reply=Reply(200, {"challenge": challenge}))
        if members.pop(_VOUCHER_OF_SLACK, None) is not None:
            payload = Raw(write_event(members))
    told = _SCHEMES[sent.hook_scheme or "none"].told(sent, payload)
    webhook_id, kind, sent_at = told.webhook_id, told.type, told.sent_at
    written = b'{"hook":%b%b%b,"payload":%b' % (
        dumps(sent.part),
        b"" if webhook_id == NULL else b',"webhook_id":%b' % webhook_id,
        b"" if kind == NULL else b',"type":%b' % kind,
        payload,
    )
    text = written + b"}" if sent_at == NULL else b'%b,"sent_at":%b}' % (written, sent_at)
    has_id = bytes(webhook_id).startswith(b'"') and len(webhook_id) > len(b'""')
    return Translated([Made(text, webhook_id if has_id else None, content_bytes=len(written) if told.is_of_try else 0)])


def _of_form(text: bytes) -> Raw | Unread:
    """Return the value that a form holds as JSON under `payload`."""
    value = form_value(text, b"payload")
    return read_value(json_from_parameter(value)) if value else Unread(text, is_costly=False)


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
