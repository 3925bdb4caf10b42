"""Ids of events: those that nothing derives from are in order of time, distinct, and none is told from those before."""

import os
import uuid

from domain.ids import EventIds, derived_event_ids

NOW_MS = 1_793_614_272_345


def uuid_of(event_id: str) -> uuid.UUID:
    prefix, digits = event_id[:4], event_id[4:]
    assert prefix == "evt_"
    assert len(digits) == 32
    return uuid.UUID(digits)


def test_an_id_is_a_uuid_of_version_7_that_begins_with_its_time():
    ids = EventIds()
    for now_ms in (0, 1, NOW_MS, NOW_MS + 255, NOW_MS + 256, NOW_MS - 10_000, 2**48 - 1):
        made = [uuid_of(event_id) for event_id in ids.new(1, now_ms) + ids.new(3, now_ms)]
        assert {each.int >> 80 for each in made} == {now_ms}
        assert {(each.version, each.variant) for each in made} == {(7, uuid.RFC_4122)}


def test_ids_of_a_request_sort_in_its_order():
    made = EventIds().new(1_000, NOW_MS)
    assert made == sorted(made)
    assert len(set(made)) == 1_000


def test_no_two_requests_share_what_is_random():
    ids = EventIds()
    tails = [ids.new(1, NOW_MS)[0][20:] for _ in range(2_000)]
    assert len(set(tails)) == 2_000
    for digit in range(16):
        assert len({tail[digit] for tail in tails}) == (4 if digit == 0 else 16)


def test_a_forked_process_draws_what_is_random_anew():
    ids = EventIds()
    ids.new(1, NOW_MS)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, "".join(ids.new(1, NOW_MS)[0] for _ in range(300)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as sent:
        text = sent.read()
    os.waitpid(child, 0)
    theirs = {text[at : at + 36] for at in range(0, len(text), 36)}
    ours = {ids.new(1, NOW_MS)[0] for _ in range(300)}
    assert len(theirs) == len(ours) == 300
    assert not theirs & ours


def test_an_id_that_is_derived_alone_is_the_one_that_it_has_among_others():
    texts = [b"%d" % number for number in range(100)]
    together = derived_event_ids("env_1", "key", texts)
    assert [derived_event_ids("env_1", "key", [text]) for text in texts] == [[event_id] for event_id in together]
    assert {(uuid_of(event_id).version, uuid_of(event_id).variant) for event_id in together} == {(8, uuid.RFC_4122)}
