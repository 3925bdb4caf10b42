"""What a lake of either format does with events."""

import pytest

from tests.lake_events import MARK, delivered, two_objects
from tests.lakes import ParquetWorld, World
from tests.landed import line


@pytest.mark.parametrize("format_world", [World, ParquetWorld])
@pytest.mark.parametrize("marked_first", [False, True])
def test_an_event_that_was_sent_again_is_one_row_whichever_copy_comes_first(tmp_path, format_world, marked_first):
    world = format_world(tmp_path)
    plain, marked = two_objects([line(1, name="x"), line(2, name="x")], [MARK + line(1, name="x"), line(3, name="x")])
    order = (marked, plain) if marked_first else (plain, marked)
    outcomes = [world.deliver(one) for one in order]
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
    assert [delivered(one) for one in outcomes] == [2, 1]
    assert [one.left_out.total() for one in outcomes] == [0, 1]
    again = [world.deliver(one) for one in order]
    assert [(one.delivered, one.left_out) for one in again] == [(one.delivered, one.left_out) for one in outcomes]
    assert world.event_ids() == ["evt_1", "evt_2", "evt_3"]
