import pytest

from benchmarks.attacker import Attacker
from benchmarks.soak import report, soak


def test_a_kill_under_load_loses_nothing_and_doubles_nothing(tmp_path):
    account = soak(5, tmp_path)
    assert account.holds, f"\n{report(account)}"
    assert account.broken > 0
    assert account.stop_seconds < 10


@pytest.mark.slow
def test_neither_does_one_beside_hostile_events(tmp_path):
    with Attacker(bodies=50) as attacker:
        account = soak(5, tmp_path, attacker=attacker, hostile=500)
    assert account.holds, f"\n{report(account)}"
    assert account.hostile_answers.total() > 0
    assert account.hostile_answers.keys() <= {200, 400, 413}
