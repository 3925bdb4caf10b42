"""Cloudflare Logpush to an HTTP destination: one log line each, gzip or not.

https://developers.cloudflare.com/logs/logpush/logpush-job/enable-destinations/http/
"""

from domain.protocols.shared.reading import BYTE_ORDER_MARK, loads
from domain.protocols.shared.shape import Made, Protocol, Sent, Translated, native_answer
from domain.validation.json_cuts import documents
from domain.validation.json_text import NotJsonError
from schemas.limits import MAX_EVENTS_PER_REQUEST

_TEST = {"content": "tests"}
_MAX_TEST_BYTES = 100


def _translate(sent: Sent) -> Translated:
    text = sent.body.removeprefix(BYTE_ORDER_MARK)
    if _is_test(text):
        return Translated([], left_out=1)
    return Translated([Made(line) for line in documents(text, MAX_EVENTS_PER_REQUEST)])


def _is_test(text: bytes) -> bool:
    """Say whether this is what a new job sends, to see whether its destination answers."""
    if len(text) > _MAX_TEST_BYTES:
        return False
    try:
        return bool(loads(text) == _TEST)
    except NotJsonError:
        return False


PROTOCOL = Protocol(translate=_translate, answer=native_answer, is_in_lines=True)
