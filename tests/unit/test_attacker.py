from benchmarks.attacker import SETTLE_SECONDS, TURN_SECONDS, is_hostile, is_quiet


def test_an_attack_comes_in_turns_and_what_is_left_of_one_counts_as_neither():
    for course in (0.0, 2 * TURN_SECONDS, 8 * TURN_SECONDS):
        assert [
            (is_hostile(course + elapsed), is_quiet(course + elapsed))
            for elapsed in (
                0.0,
                TURN_SECONDS - 0.1,
                TURN_SECONDS,
                TURN_SECONDS + SETTLE_SECONDS,
                2 * TURN_SECONDS - 0.1,
            )
        ] == [(True, False), (True, False), (False, False), (False, True), (False, True)]
