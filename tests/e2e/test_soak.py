from benchmarks.soak import report, soak


def test_a_kill_under_load_loses_nothing_and_doubles_nothing(tmp_path):
    account = soak(5, tmp_path)
    assert account.holds, f"\n{report(account)}"
    assert account.broken > 0
    assert account.stop_seconds < 10
