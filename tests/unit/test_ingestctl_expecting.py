"""What `ingestctl expect` counts, and when it has waited long enough."""

import json

import pytest

from ingestctl.expecting import Came, Expected, condition_from, seconds_from, wait_for
from ingestctl.problems import Misused


def event(outcome="accepted", raw=None, stored=None, **keys):
    text = json.dumps(keys) if raw is None else raw
    is_stored = outcome == "accepted" and stored is None
    return {"outcome": outcome, "raw": text, "stored": keys if is_stored else stored, "errors": []}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("event=purchase", True),
        ("event=view", False),
        ("price=9.5", True),
        ("/items/0/id=7", True),
        ("/items/1/id=7", False),
        ("/a~1b=true", True),
        ("items=7", False),
        ("note=a=b", True),
        ("gone=null", True),
        ("missing=null", False),
    ],
)
def test_a_condition_is_a_value_at_a_key_or_a_pointer(text, holds):
    keys = {"event": "purchase", "price": 9.5, "items": [{"id": 7}], "a/b": True, "note": "a=b", "gone": None}
    assert condition_from(text).holds(event(**keys)) is holds
    assert condition_from(text).holds(event("quarantined", **keys)) is holds


def test_an_event_that_is_no_json_holds_nothing_and_a_stored_value_counts():
    assert not condition_from("a=1").holds(event("rejected", raw="{"))
    assert not condition_from("a=1").holds(event("rejected", raw="[1]"))
    assert condition_from("a=1").holds(event(stored={"a": 1}, raw="{}"))


@pytest.mark.parametrize("text", ["", "x", "=x"])
def test_what_is_no_condition_is_told(text):
    with pytest.raises(Misused):
        condition_from(text)


def test_times_have_a_unit():
    assert [seconds_from(text) for text in ("10s", "0.5s", "2m")] == [10.0, 0.5, 120.0]
    for text in ("", "10", "10h", "-1s", "٣s"):
        with pytest.raises(Misused):
            seconds_from(text)


class Tap:
    """A tap whose events come at certain times; a read that waits moves the clock."""

    def __init__(self, *coming):
        self.coming = list(coming)
        self.now = 0.0

    def read(self, wait_seconds):
        until = self.now + wait_seconds
        due = [at for at, _ in self.coming if at <= until]
        if due and not [at for at, _ in self.coming if at <= self.now]:
            self.now = min(due)
        items = [one for at, one in self.coming if at <= self.now]
        self.coming = [(at, one) for at, one in self.coming if at > self.now]
        if not items:
            self.now = until
        return {"items": items}

    def wait(self, expected, *conditions, within=10.0):
        return wait_for(self.read, [condition_from(text) for text in conditions], expected, within, lambda: self.now)


def test_it_ends_as_soon_as_everything_has_come():
    tap = Tap((0, event()), (2, event()), (9, event()))
    came = tap.wait(Expected(2, 0))
    assert (came.meets(Expected(2, 0)), tap.now) == (True, 2)


def test_more_than_expected_at_the_same_time_is_no_match():
    came = Tap((1, event()), (1, event()), (1, event("quarantined"))).wait(Expected(1, 0))
    assert (came.accepted, came.invalid) == (2, 1)
    assert not came.meets(Expected(1, 0))


def test_where_nothing_is_expected_all_the_time_is_waited_for():
    tap = Tap((9, event("rejected")), (11, event("rejected")))
    came = tap.wait(Expected(None, 0))
    assert (came.invalid, came.meets(Expected(None, 0))) == (1, False)
    tap = Tap()
    assert tap.wait(Expected(None, 0)).meets(Expected(None, 0))
    assert tap.now == 10


def test_what_does_not_come_in_time_is_missed():
    tap = Tap((1, event()), (70, event()))
    assert tap.wait(Expected(2, None), within=65.0).accepted == 1
    assert tap.now == 65


def test_only_events_that_match_are_counted_and_the_others_are_known():
    came = Tap((0, event(event="view")), (1, event(event="purchase"))).wait(Expected(1, None), "event=purchase")
    assert (came.accepted, len(came.others)) == (1, 1)


def test_undelivered_events_are_neither_accepted_nor_invalid():
    came = Came([event("undelivered")])
    assert (came.accepted, came.invalid) == (0, 0)
