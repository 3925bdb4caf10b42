"""Sharing one commit among callers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.group_commit import Failed, GroupCommit


def test_callers_that_wait_share_the_next_commit():
    batches, first_runs, go_on = [], threading.Event(), threading.Event()

    def commit(works):
        batches.append(list(works))
        first_runs.set()
        go_on.wait(10)
        return [work * 2 for work in works]

    group = GroupCommit(commit)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(group.submit, 0)
        first_runs.wait(10)
        others = [pool.submit(group.submit, n) for n in range(1, 5)]
        while len(group._waiting) < 4:
            pass
        go_on.set()
        assert [future.result(10) for future in [first, *others]] == [0, 2, 4, 6, 8]
    assert batches[0] == [0]
    assert sorted(batches[1]) == [1, 2, 3, 4]
    assert len(batches) == 2


def test_every_work_is_committed_once_and_gets_its_own_outcome():
    committed = []

    def commit(works):
        committed.extend(works)
        return [Failed(ValueError(work)) if work % 5 == 0 else work for work in works]

    group = GroupCommit(commit, max_works=3)

    def submit(number):
        try:
            return group.submit(number)
        except ValueError as error:
            return ("failed", *error.args)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(submit, range(2_000)))
    assert sorted(committed) == list(range(2_000))
    assert outcomes == [("failed", n) if n % 5 == 0 else n for n in range(2_000)]


def test_a_commit_that_fails_fails_for_all_of_it_and_for_nobody_else():
    fails = iter([True, False])

    def commit(works):
        if next(fails):
            raise OSError("full")
        return works

    group = GroupCommit(commit)
    with pytest.raises(OSError, match="full"):
        group.submit(1)
    assert group.submit(2) == 2


def test_a_leader_that_is_stopped_leaves_nobody_waiting():
    first_runs, go_on = threading.Event(), threading.Event()

    def commit(works):
        if works == [0]:
            first_runs.set()
            go_on.wait(10)
            raise KeyboardInterrupt
        return works

    group = GroupCommit(commit)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(group.submit, 0)
        first_runs.wait(10)
        others = [pool.submit(group.submit, n) for n in (1, 2)]
        go_on.set()
        assert [future.result(10) for future in others] == [1, 2]
        assert isinstance(first.exception(10), KeyboardInterrupt)


def test_whoever_holds_the_lock_keeps_commits_out():
    group = GroupCommit(lambda works: works)
    with ThreadPoolExecutor(1) as pool:
        with group.lock:
            waiting = pool.submit(group.submit, 1)
            with pytest.raises(TimeoutError):
                waiting.result(0.02)
        assert waiting.result(10) == 1
