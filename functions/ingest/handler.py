"""The ingest function: one Lambda event of a front door in, one answer out.

Nothing is logged of an ordinary request; a fault of ours gives one line with where it happened and none of the
event's values.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

from adapters.http_event import event_answer, http_request_from_event
from domain.errors import Rejected
from domain.http import DOCS_PATH, HttpRequest
from domain.ids import new_id
from domain.intake.answers import internal_fault, problem
from domain.intake.fault_log import log_fault
from domain.intake.service import Intake
from domain.metering.counters import UsageCounters
from domain.metering.rates import RateLimits

LambdaEvent = dict[str, Any]
Handler = Callable[[LambdaEvent, object], LambdaEvent]

GC_THRESHOLDS = (50_000, 20, 100)
"""After so many new objects the garbage collector looks for cycles, of which a request makes next to none. After the
usual 700, a request of millions of arrays spends most of its time on that."""


def make_handler(intake: Intake, counters: UsageCounters, rates: RateLimits, docs_url: str = DOCS_PATH) -> Handler:
    """Return the function's handler.

    Args:
        intake: answers requests; keeps its caches for the life of the process.
        counters: written after a request when they are due, so that no timer is needed.
        rates: exchanged with other handlers in the same way.
        docs_url: where problems are explained.
    """
    gc.set_threshold(*GC_THRESHOLDS)

    def handler(event: LambdaEvent, _context: object = None) -> LambdaEvent:
        try:
            response = intake.answer(_with_docs(http_request_from_event(event), docs_url))
        except Rejected as rejected:  # the front door's own encoding is broken: there is no request yet
            request = _with_docs(http_request_from_event(event, with_body=False), docs_url)
            response = problem(request, None, rejected)
        except Exception as error:  # noqa: BLE001 - the edge of the function: an event that no front door sends
            log_fault(error)
            response = problem(_with_docs(_unread_request(), docs_url), None, internal_fault())
        counters.flush_if_due()
        rates.exchange_if_due()
        return event_answer(event, response)

    return handler


def _with_docs(request: HttpRequest, docs_url: str) -> HttpRequest:
    request.docs_url = docs_url
    return request


def _unread_request() -> HttpRequest:
    return HttpRequest("POST", "/", "", {}, {}, b"", "", new_id("req", time.time_ns() // 1_000_000))
