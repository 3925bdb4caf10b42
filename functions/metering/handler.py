"""The metering function: compares what each organisation used this month with its plan, on a schedule.

Run every half minute: with the some 20 seconds until counts are added up and the five of the pointers, ingest refuses
what is over a plan with `reject` within a minute, and takes it again within one once the plan or the month changes. A
schedule that knows no less than a minute runs it twice (`twice`), and only where there is such a plan: the half minute
is paid for.

Canaries are compared with what runs beside them at the same times, since both take the same: counts, and pointers.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from domain.clock import Clock
from domain.errors import Undelivered
from domain.metering.plans import ALARM_SHARES, has_limit, is_exhausted, month_use, used_share
from domain.metering.ports import UsageReader
from domain.metering.slices import Slice
from domain.records.keys import organisation_key
from domain.records.ports import Conflict, Item, Table
from functions.metering.pointers import read_state, set_plan_exhausted, write_state
from schemas.watched import PLAN_USED

_LOGGER = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]
HALF_MINUTE_SECONDS = 30.0


def make_handler(table: Table, usage: UsageReader, clock: Clock) -> Handler:
    """Return the handler of scheduled events; it answers how many organisations can be refused, and how many are.

    One organisation that can't be settled holds up no other, and is settled by the next run.
    """

    def settle(organisation: Item, now: int) -> tuple[bool, bool]:
        """Return whether the plan, or what pointers say of it, lets ingest refuse, and whether it does."""
        organisation_id: str = organisation.data["id"]
        plan = organisation.data.get("plan") or {}
        state = read_state(table, organisation_id)
        if not has_limit(plan) and not state.data["exhausted"]:
            return False, False
        use = month_use(usage, organisation_id, now)
        exhausted = is_exhausted(plan, use)
        state = _alarm(table, state, organisation_id, used_share(plan, use), now)
        if exhausted:
            write_state(table, state, exhausted=True)
            set_plan_exhausted(table, organisation_id, exhausted=True)
        elif state.data["exhausted"]:
            set_plan_exhausted(table, organisation_id, exhausted=False)
            write_state(table, state, exhausted=False)
        return plan.get("over_limit") == "reject" or state.data["exhausted"], exhausted

    def handle(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        now = clock() // 1_000_000_000
        refusable = exhausted = 0
        for organisation_id in usage.organisations():
            try:
                organisation = table.get(organisation_key(organisation_id))
                if organisation is not None:
                    may_refuse, refuses = settle(organisation, now)
                    refusable += may_refuse
                    exhausted += refuses
            except (Conflict, Undelivered) as error:
                refusable += 1  # as far as is known
                _LOGGER.warning("the plan of %s is settled by the next run: %s", organisation_id, error)
            except Exception:  # one organisation must not hold up the others
                _LOGGER.exception("the plan of %s can't be settled", organisation_id)
        return {"may_refuse": refusable, "exhausted": exhausted}

    return handle


def twice(
    handler: Handler,
    look_after_canaries: Callable[[], int],
    *,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> Handler:
    """Return a handler that looks after canaries and settles plans, and does so again half a minute after it began.

    Plans are not settled again where no organisation has one by which ingest could refuse: then nothing has to be in
    force within a minute. Nor where the first time took so long that the next run of the schedule is near. Canaries
    are looked after again where any runs.
    """

    def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
        began = monotonic()
        canaries = look_after_canaries()
        answer = handler(event, context)
        left = HALF_MINUTE_SECONDS - (monotonic() - began)
        again = answer["may_refuse"] and left >= HALF_MINUTE_SECONDS / 2
        if again or canaries:
            sleep(max(0.0, left))
        if canaries:
            canaries = look_after_canaries()
        if again:
            answer = handler(event, context)
        return {**answer, "canaries": canaries}

    return handle


def _alarm(table: Table, state: Item, organisation_id: str, share: float, now: int) -> Item:
    """Log a line, which an alarm waits for, once a month for each share that is passed."""
    month = Slice.MONTH.start_of(now)
    alarmed_at = state.data["alarmed_at"] if state.data["month"] == month else 0.0
    passed = max((step for step in ALARM_SHARES if share >= step), default=0.0)
    if passed > alarmed_at:
        _LOGGER.warning(PLAN_USED, organisation_id, passed * 100)
        return write_state(table, state, month=month, alarmed_at=passed)
    return state
