"""One table for all revisions: what a deployment adds to it, and where values of another type go."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.schema import Schema
from pyiceberg.table.update.schema import UpdateSchema

from connectors.lake.columns import Ids, fit_columns, iceberg_field, iceberg_type, json_fields
from domain.delivery.connectors import RevisionTable
from domain.errors import Undelivered
from domain.warehouses.columns import warehouse_columns
from schemas.stamps import STAMP_KEYS
from tests import engines
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


@pytest.mark.slow
def test_a_table_has_at_most_5000_columns_of_all_revisions_and_those_inside_objects(tmp_path):
    def tree(start, end):
        return [{"key": f"f{number}", "type": "INT"} for number in range(start, end)]

    inside = [{"key": "place", "type": "ARRAY_OBJECT", "fields": tree(0, 996)}]
    trees = {"rev_1": tree(0, 2_000), "rev_2": [*tree(1_000, 2_999), *inside], "rev_3": tree(2_999, 4_001)}
    trees["rev_4"] = [*tree(2_999, 4_000)]
    world = World(tmp_path, *(RevisionTable("t", one, one, fields) for one, fields in trees.items()))
    world.make("rev_1", "rev_2")
    with pytest.raises(Undelivered, match="would have 5,001 columns; it can have 5,000") as raised:
        world.make("rev_3")
    assert not raised.value.retryable
    assert len(world.table().schema().fields) == 3 + 2_999 + 1
    world.make("rev_4")
    world.deliver(landed([line(1, revision_id="rev_4", f2999=1), line(2, revision_id="rev_1", f0=2)]))
    rows = world.rows().select(["f0", "f2999"]).to_pylist()
    assert rows == [{"f0": None, "f2999": 1}, {"f0": 2, "f2999": None}]


def test_a_table_of_five_revisions_is_read_back_whole_by_two_engines(tmp_path):
    """Fields come, go, get another type, take their values `from` elsewhere, or are there `when` others say so."""
    nested = [{"key": "zip", "type": "INT"}, {"key": "tags", "type": "ARRAY_STRING"}]
    trees = {
        "rev_1": [{"key": "amount", "type": "INT"}, {"key": "note", "type": "STRING", "presence": "required"}],
        "rev_2": [{"key": "amount", "type": "INT"}, {"key": "at", "type": "TIMESTAMP", "format": "rfc3339"}],
        "rev_3": [{"key": "amount", "type": "FLOAT"}, {"key": "note", "type": "STRING"}],
        "rev_4": [
            {"key": "note", "type": "STRING", "from": "/text"},
            {"key": "total", "type": "INT", "from": "/amount"},
        ],
        "rev_5": [
            {"key": "kind", "type": "STRING"},
            {"key": "order", "type": "OBJECT", "fields": nested, "when": {"/kind": ["order"]}},
            {"key": "free", "type": "JSON", "when": {"/kind": ["other"]}},
        ],
    }
    events = {
        "rev_1": {"amount": 2**63 - 1, "note": "é\U0001f680"},
        "rev_2": {"amount": -1, "at": "2026-11-02T10:00:00.123456Z"},
        "rev_3": {"amount": 0.1, "note": None},
        "rev_4": {"note": "four", "total": 4},
        "rev_5": {"kind": "order", "order": {"zip": 50667, "tags": ["x", ""]}},
    }
    world = World(tmp_path, *(RevisionTable("t", one, one, fields) for one, fields in trees.items()))
    for number, (revision_id, event) in enumerate(events.items()):
        world.make(revision_id)
        key = KEY.replace("one.gz", f"{number}.gz")
        world.deliver(landed([line(number, revision_id=revision_id, **event)], key=key))
    last = {"kind": "other", "free": [1, {"a": None}]}
    world.deliver(landed([line(5, revision_id="rev_5", **last)], key=KEY.replace("one.gz", "5.gz")))
    moment = datetime(2026, 11, 2, 10, 0, 0, 123_456, tzinfo=UTC)
    expected = [
        {"amount": 2**63 - 1, "note": "é\U0001f680"},
        {"amount": -1, "at": moment},
        {"amount__float": 0.1},
        {"note": "four", "total": 4},
        {"kind": "order", "order": {"zip": 50667, "tags": ["x", ""]}},
        {"kind": "other", "free": '[1,{"a":null}]'},
    ]
    names = [field.name for field in world.table().schema().fields]
    assert names == [*STAMP_KEYS, "amount", "note", "at", "amount__float", "total", "kind", "order", "free"]
    by_pyiceberg = [{k: v for k, v in row.items() if v is not None} for row in world.rows().to_pylist()]
    assert [{k: v for k, v in row.items() if k not in STAMP_KEYS} for row in by_pyiceberg] == expected
    select = f"SELECT * FROM iceberg_scan('{world.table().metadata_location}') ORDER BY _event_id"
    rows = engines.rows_of("duckdb", ["LOAD iceberg", select])[-1]
    by_duckdb = [{k: v for k, v in zip(names, row, strict=True) if v is not None} for row in rows]
    told = [{**row, "_received_at": row["_received_at"].isoformat()} for row in by_pyiceberg]
    told[1]["at"] = moment.isoformat()
    assert by_duckdb == told


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
