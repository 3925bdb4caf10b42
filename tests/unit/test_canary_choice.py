"""Which requests a canary takes: its share of them, and each repeat like the first."""

import subprocess
import sys

import pytest

from domain.ids import new_id
from domain.intake.directory import Canary, Environment, is_in_share
from tests.ingest_world import START_NS

SECOND_NS = 1_000_000_000
KEYS = [new_id("req", START_NS // 1_000_000 + number) for number in range(20_000)]


def taken(canary_id, share, keys=KEYS):
    return [key for key in keys if is_in_share(canary_id, key, share)]


@pytest.mark.parametrize("share", [1, 5, 10, 33, 50])
@pytest.mark.parametrize("keys", [KEYS, [str(number) for number in range(20_000)]], ids=["request ids", "numbers"])
def test_a_canary_takes_its_share_of_the_requests(share, keys):
    expected = len(keys) * share / 100
    assert abs(len(taken("dep_1", share, keys)) - expected) < 5 * expected**0.5


def test_a_repeat_goes_the_same_way_at_every_handler():
    here = "".join("01"[is_in_share("dep_1", key, 50)] for key in KEYS[:200])
    script = (
        "import sys; from domain.intake.directory import is_in_share; "
        "print(''.join('01'[is_in_share('dep_1', key, 50)] for key in sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, *KEYS[:200]]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == here


def test_a_larger_share_takes_all_that_a_smaller_one_took():
    assert set(taken("dep_1", 10)) <= set(taken("dep_1", 20)) <= set(taken("dep_1", 50))


def test_the_next_canary_takes_others():
    first, second = set(taken("dep_1", 10)), set(taken("dep_2", 10))
    assert len(first & second) < 0.2 * len(first)


def test_a_key_of_any_characters_is_chosen_by():
    assert is_in_share("dep_1", "\ud800 \U0001f600", 50) in {True, False}


def test_no_request_is_taken_from_the_end_on():
    until = START_NS // SECOND_NS + 60
    lease = {"deployment_id": "dep_1", "revision_id": "rev_2", "share": 50, "until": until}
    there, usual = Environment({"state": "active"}, None, 0.0), Environment({"state": "active"}, None, 0.0)
    canary = Canary(lease, there)
    (key,) = taken("dep_1", 50)[:1]
    assert canary.side(usual, key, until * SECOND_NS - 1) is there
    assert canary.side(usual, key, until * SECOND_NS) is usual
