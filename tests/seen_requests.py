"""Requests as taps see them, without an ingest around."""

from functools import cache

from domain.http import HttpRequest
from domain.intake.keeping import KeptAs
from domain.intake.payload import EventTexts
from domain.intake.results import TakenRequest
from domain.validation.revision import CompiledRevision

_TEXT = b'{"name": "view"}'
_LINE = b'{"_event_id":"evt_1","name":"view"}\n'


@cache
def _revision():
    fields = [{"key": "name", "type": "STRING", "presence": "required"}]
    return CompiledRevision({"revision_id": "rev_1", "additional_keys": "drop", "fields": fields})


def one_event(tap, received_ns):
    """Return what a tapper looks at: a request with one accepted event, in an environment with one tap."""
    request = HttpRequest("POST", "/e/env_1", "", {}, {}, _TEXT, "203.0.113.7", "req-1")
    pointer = {"environment_id": "env_1", "store_addresses": False, "taps": [tap]}
    taken = TakenRequest(
        request, pointer, received_ns, "now", len(_TEXT), [{"name": "view"}], ["evt_1"], [_LINE], [True], KeptAs()
    )
    return taken, _revision(), EventTexts("one", _TEXT), None
