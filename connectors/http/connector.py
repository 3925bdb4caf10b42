"""A target of a user: batches of events as the body of POST requests."""

import time
from collections.abc import Sequence
from uuid import uuid4

from adapters.reaching import Unreachable
from connectors.http.answers import REFUSING
from connectors.http.capabilities import CAPABILITIES
from connectors.http.sending import Poster, Sending, Web, failure_of, is_settled
from connectors.without_views import WithoutViews
from domain.clock import Clock
from domain.delivery.connectors import (
    Budget,
    Capabilities,
    CheckStep,
    ColumnApart,
    RevisionTable,
    TableOf,
    Target,
    failed_step,
)
from domain.delivery.landed import LandedObject, Outcomes
from domain.errors import Misconfigured
from schemas.limits import HTTP_SECONDS

_STEPS = ("address", "connect", "answer")


class HttpConnector(WithoutViews):
    """Implements `Connector`."""

    def __init__(self, web: Web, clock: Clock = time.time_ns) -> None:
        self._web = web
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        """Post an empty batch, signed and with all headers: nothing is left behind."""
        try:
            poster = Poster(self._web, target, self._clock)
        except Misconfigured as error:
            return [failed_step("answer", str(error))]
        try:
            answer = poster.post(f"msg_check_{uuid4().hex}", [], HTTP_SECONDS)
        except Unreachable as error:
            before = _STEPS[: _STEPS.index(error.stage)]
            return [*map(CheckStep, before), failed_step(error.stage, str(error))]
        passed = [CheckStep("address"), CheckStep("connect")]
        if answer.status in REFUSING or not is_settled(answer):
            reason = f"{failure_of(answer)} It has to answer 2xx to an empty batch, with which it is checked."
            return [*passed, failed_step("answer", reason)]
        return [*passed, CheckStep("answer")]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:  # noqa: ARG002
        """Return none: requests need no table."""
        return []

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:  # noqa: ARG002
        poster = Poster(self._web, target, self._clock)
        return Sending(poster, target.destination["max_events"], budget).deliver(landed)
