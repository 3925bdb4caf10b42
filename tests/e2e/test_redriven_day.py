from benchmarks.redriven_day import redriven_day, report


def test_a_day_of_refused_events_is_redriven_whole_through_a_kill(tmp_path):
    day = redriven_day(4_000, tmp_path)
    assert day.holds, f"\n{report(day)}"
