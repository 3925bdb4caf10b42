"""The ingest function: one Lambda event of a front door in, one answer out.

Nothing is logged of an ordinary request; a fault of ours gives one line with where it happened and none of the
event's values.
"""

import logging
import traceback
from collections.abc import Callable
from typing import Any

from adapters.http_event import event_answer, http_request_from_event
from domain.errors import Rejected
from domain.intake.answers import internal_problem, problem
from domain.intake.http import HttpRequest
from domain.intake.service import Intake
from domain.metering.counters import UsageCounters

_log = logging.getLogger("ingest")

LambdaEvent = dict[str, Any]
Handler = Callable[[LambdaEvent, object], LambdaEvent]


def make_handler(intake: Intake, counters: UsageCounters) -> Handler:
    """Return the function's handler.

    Args:
        intake: answers requests; keeps its caches for the life of the process.
        counters: written after a request when they are due, so that no timer is needed.
    """

    def handler(event: LambdaEvent, _context: object = None) -> LambdaEvent:
        request: HttpRequest | None = None
        try:
            request = http_request_from_event(event)
            response = intake.answer(request)
        except Rejected as rejected:  # the front door's own encoding is broken: there is no request yet
            response = problem(http_request_from_event(event, with_body=False), None, rejected)
        except Exception as error:  # noqa: BLE001 - the edge of the function
            _report(error)
            response = internal_problem(request)
        counters.flush_if_due()
        return event_answer(event, response)

    return handler


def _report(error: Exception) -> None:
    """Log where a fault of ours happened; its message is left out, since it may hold an event's value."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    _log.error("internal fault: %s\n%s", type(error).__name__, frames)
