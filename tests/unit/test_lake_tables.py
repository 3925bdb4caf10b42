"""One table for all revisions: what a deployment adds to it, and where values of another type go."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.schema import Schema
from pyiceberg.table.update.schema import UpdateSchema

from connectors.lake.columns import Ids, fit_columns, iceberg_field, iceberg_type, json_fields
from domain.delivery.connectors import RevisionTable
from domain.warehouses.columns import warehouse_columns
from tests.lakes import World
from tests.landed import KEY, landed, line

REVISIONS = {
    "rev_1": [{"key": "amount", "type": "INT"}, {"key": "note", "type": "STRING"}],
    "rev_2": [{"key": "amount", "type": "FLOAT"}, {"key": "note", "type": "STRING", "presence": "optional"}],
    "rev_3": [
        {"key": "amount", "type": "STRING"},
        {"key": "note", "type": "JSON"},
        {"key": "place", "type": "OBJECT", "fields": [{"key": "zip", "type": "INT"}]},
    ],
    "rev_4": [
        {"key": "amount", "type": "INT"},
        {"key": "amount__float", "type": "ARRAY_STRING"},
        {"key": "place", "type": "OBJECT", "fields": [{"key": "zip", "type": "STRING"}, {"key": "at", "type": "DATE"}]},
    ],
    "rev_5": [{"key": "amount", "type": "FLOAT"}, {"key": "_received_at_day", "type": "DATE"}],
}
EVENTS = {
    "rev_1": {"amount": 2**63 - 1, "note": "one"},
    "rev_2": {"amount": 1.5},
    "rev_3": {"amount": "3", "note": {"n": 3}, "place": {"zip": 50667}},
    "rev_4": {"amount": 4, "amount__float": ["x"], "place": {"zip": "50667", "at": "2026-11-02"}},
    "rev_5": {"amount": 5.5, "_received_at_day": "2026-11-02"},
}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path, *(RevisionTable("t", one, one, fields) for one, fields in REVISIONS.items()))


def test_a_table_evolves_over_five_revisions_and_says_what_is_apart(world):
    assert world.make("rev_1") == []
    assert world.make("rev_2") == [("amount", "amount__float")]
    assert world.make("rev_3") == [("amount", "amount__string"), ("note", "note__json")]
    # The field that is called as a column apart has one itself: the name is taken by numbers.
    assert world.make("rev_4") == [("amount__float", "amount__float__array_string"), ("place.zip", "place.zip__string")]
    assert world.make("rev_5") == [("amount", "amount__float"), ("_received_at_day", "_received_at_day__date")]
    assert world.make("rev_2") == [("amount", "amount__float")]
    fields = world.table().schema().fields
    assert [field.name for field in fields if field.required] == ["_event_id", "_received_at", "_revision_id"]
    for number, (revision_id, event) in enumerate(EVENTS.items()):
        key = KEY.replace("one.gz", f"{number}.gz")
        world.deliver(landed([line(number, revision_id=revision_id, **event)], key=key))
    rows = {row["_revision_id"]: {k: v for k, v in row.items() if v is not None} for row in world.rows().to_pylist()}
    assert rows["rev_1"]["amount"] == 2**63 - 1
    assert rows["rev_2"]["amount__float"] == 1.5
    assert (rows["rev_3"]["amount__string"], rows["rev_3"]["note__json"]) == ("3", '{"n":3}')
    assert rows["rev_4"]["place"] == {"zip": None, "zip__string": "50667", "at": rows["rev_4"]["place"]["at"]}
    assert rows["rev_4"]["amount__float__array_string"] == ["x"]
    assert rows["rev_5"]["amount__float"] == 5.5


def test_a_revision_that_was_never_deployed_gets_its_columns_when_its_events_come(world):
    world.make("rev_1")
    world.deliver(landed([line(1, revision_id="rev_3", **EVENTS["rev_3"]), line(2, revision_id="rev_1", amount=1)]))
    assert world.event_ids() == ["evt_1", "evt_2"]
    assert len(world.files()) == 2  # one for each revision


SCALARS = st.sampled_from(["STRING", "INT", "FLOAT", "BOOLEAN", "DATE", "DATETIME", "TIMESTAMP", "JSON", "ARRAY_INT"])
KEYS = st.sampled_from(["a", "b", "a__int", "a__int_2", "a__json"])
TREES = st.dictionaries(
    KEYS,
    st.one_of(
        SCALARS.map(lambda kind: {"type": kind}),
        st.dictionaries(KEYS, SCALARS, min_size=1, max_size=3).map(
            lambda inner: {"type": "OBJECT", "fields": [{"key": k, "type": v} for k, v in inner.items()]}
        ),
    ),
    min_size=1,
    max_size=4,
).map(lambda found: [{"key": key, **field} for key, field in found.items()])


@given(st.lists(TREES, min_size=2, max_size=4))
def test_every_revision_fits_after_its_columns_are_added_each_field_in_a_column_of_its_own(trees):
    """Columns are only ever added, so an earlier revision goes on to fit where it did."""
    schema, json_ids, placed_before = Schema(), set(), {}
    for tree in [*trees, *trees]:
        columns = warehouse_columns(tree, "drop")
        fit = fit_columns(columns, schema, json_ids)
        for missing in fit.missing:
            schema, json_ids = added(schema, json_ids, missing)
        fit = fit_columns(columns, schema, json_ids)
        assert fit.missing == []
        names = [one.field.name for one in fit.placed]
        assert len(names) == len(set(names)) == len(columns)
        placed = str(fit.placed)
        assert placed_before.setdefault(str(tree), placed) == placed


def added(schema, json_ids, missing):
    """Return a schema with a column more, as the library adds it, and the ids of those of JSON."""
    table = SimpleNamespace(
        current_schema_id=0,
        last_column_id=schema.highest_field_id,
        schema=lambda: schema,
        name_mapping=lambda: None,
        partition_specs=[],
        schemas=[schema],
    )
    update = UpdateSchema(SimpleNamespace(table_metadata=table), schema=schema)
    update.add_column((*missing.path, missing.name), iceberg_type(missing.column, Ids()), required=False)
    changed = update._apply()
    field = changed.find_field(".".join([*missing.path, missing.name]))
    return changed, json_ids | set(json_fields(missing.column, field))


def test_the_stamps_come_first():
    columns = warehouse_columns([{"key": "a", "type": "INT"}], "keep")
    names = [iceberg_field(column, column.name, Ids()).name for column in columns]
    assert names == ["_event_id", "_received_at", "_revision_id", "_extra", "a"]
