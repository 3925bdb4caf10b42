"""Which views an environment has: one over all revisions, one for each kind of events, as long as they may be."""

import pytest

from connectors.bigquery import planned_views
from connectors.bigquery.planned_views import by_kind, left_out_by_kind, united
from domain.delivery.connectors import RevisionTable
from tests.bigquery_double import TARGET

STAMPS = "t.`_event_id` AS `_event_id`, t.`_received_at` AS `_received_at`, t.`_revision_id` AS `_revision_id`"
TYPE = {"key": "type", "type": "STRING"}


def revision(number, *fields, edition=2, additional_keys="drop"):
    return RevisionTable(f"t{number}", f"rev_{number}", f"Number {number}", fields, additional_keys, edition)


def kind(key, *fields, **others):
    return {"key": key, "type": "OBJECT", "when": {"/type": [key]}, "fields": list(fields), **others}


def one(key, data_type="STRING", **others):
    return {"key": key, "type": data_type, **others}


def selects(view):
    """Return what a view selects of each table, the newest first, without the stamps."""
    rows = view.queries[0].split("\nUNION ALL\n")
    return [row.replace("`my-project.events.", "`").replace(f"{STAMPS}, ", "") for row in rows]


def test_a_kind_has_what_all_have_and_then_its_own_where_it_is_there():
    (view,) = by_kind(TARGET, [revision(1, TYPE, kind("page", one("url")), one("at", when={"/type": ["x"]}))])
    assert (view.name, view.description) == (
        "shop__page",
        "The events of all revisions of an environment that have page.",
    )
    assert selects(view) == [
        "SELECT t.`type` AS `type`, t.`page`.`url` AS `url` FROM `t1` AS t WHERE t.`page` IS NOT NULL"
    ]
    assert view.queries[1].endswith(
        " WHERE t.`page` IS NOT NULL AND t.`_received_at` >= TIMESTAMP '0001-01-01 00:00:00+00'"
    )


def test_every_object_with_when_has_a_view_and_no_other_field():
    fields = [
        TYPE,
        kind("page", one("url")),
        kind("track", one("name")),
        one("alone", when={"/type": ["y"]}),
        kind("many", one("n"), type="ARRAY_OBJECT"),
        kind("gone", one("secret", protect="redact")),
        {"key": "always", "type": "OBJECT", "fields": [one("n")]},
    ]
    assert [view.name for view in by_kind(TARGET, [revision(1, *fields)])] == ["shop__page", "shop__track"]


def test_a_column_whose_name_a_common_one_has_is_called_by_its_object():
    common = [TYPE, one("page_type"), one("page_type_2"), one("name")]
    own = [one("type"), one("name"), one("page_name"), one("url")]
    (view,) = by_kind(TARGET, [revision(1, *common, kind("page", *own))])
    (select,) = selects(view)
    assert [part.rpartition(" AS ")[2] for part in select.partition(" FROM ")[0].split(", ")] == [
        *("`type`", "`page_type`", "`page_type_2`", "`name`"),
        *("`page_type_3`", "`page_name_2`", "`page_name`", "`url`"),
    ]


def test_a_column_is_never_called_as_bigquery_reserves_it():
    (view,) = by_kind(TARGET, [revision(1, TYPE, one("table_type"), kind("_table", one("type")))])
    (select,) = selects(view)
    assert select == (
        "SELECT t.`type` AS `type`, t.`table_type` AS `table_type`, t.`_table`.`type` AS `table_type_2` "
        "FROM `t1` AS t WHERE t.`_table` IS NOT NULL"
    )


def test_a_kind_unites_all_revisions_that_have_the_key_as_an_object():
    tables = [
        revision(1, TYPE, {"key": "page", "type": "OBJECT", "fields": [one("url"), one("old", "INT")]}),
        revision(2, TYPE, one("page")),
        revision(3, TYPE, kind("page", one("url", "JSON"))),
        revision(4, TYPE),
    ]
    (view,) = by_kind(TARGET, tables)
    assert selects(view) == [
        (
            "SELECT t.`type` AS `type`, t.`page`.`url` AS `url`, CAST(NULL AS INT64) AS `old` "
            "FROM `t3` AS t WHERE t.`page` IS NOT NULL"
        ),
        (
            "SELECT t.`type` AS `type`, TO_JSON(t.`page`.`url`) AS `url`, t.`page`.`old` AS `old` "
            "FROM `t1` AS t WHERE t.`page` IS NOT NULL"
        ),
    ]


def test_the_view_over_all_has_every_kind_as_a_record():
    view = united(TARGET, [revision(1, TYPE, kind("page", one("url")), additional_keys="keep")])
    assert (view.name, view.description) == ("shop", "The events of all revisions of an environment.")
    assert selects(view) == ["SELECT t.`_extra` AS `_extra`, t.`type` AS `type`, t.`page` AS `page` FROM `t1` AS t"]


def test_a_field_of_the_first_edition_gives_its_name_to_the_stamp():
    old = revision(1, one("_extra", "INT"), edition=1)
    assert selects(united(TARGET, [old])) == ["SELECT t.`_extra` AS `_extra` FROM `t1` AS t"]
    both = [revision(2, additional_keys="keep"), old]
    assert selects(united(TARGET, both)) == [
        "SELECT t.`_extra` AS `_extra`, CAST(NULL AS INT64) AS `_extra_field` FROM `t2` AS t",
        "SELECT CAST(NULL AS JSON) AS `_extra`, t.`_extra` AS `_extra_field` FROM `t1` AS t",
    ]


@pytest.fixture
def holds(monkeypatch):
    """Let views be of few characters, or of few tables."""
    return lambda **bounds: [monkeypatch.setattr(planned_views, name, value) for name, value in bounds.items()]


def wide(number):
    return revision(number, *(one(f"a_rather_long_name_{index}") for index in range(10)))


def test_a_view_that_would_grow_too_long_unites_the_newest_that_fit(holds):
    newest_first = [wide(number) for number in range(9, 0, -1)]
    length = len(united(TARGET, newest_first[:3]).queries[0])
    holds(MAX_VIEW_CHARS=length)
    assert [part.revision_id for part in united(TARGET, newest_first).parts] == ["rev_7", "rev_8", "rev_9"]
    holds(MAX_VIEW_CHARS=length - 1)
    assert [part.revision_id for part in united(TARGET, newest_first).parts] == ["rev_8", "rev_9"]


def test_a_view_unites_no_more_tables_than_it_may_and_asks_for_no_others(holds):
    holds(MAX_TABLES_IN_VIEW=2)
    asked = []

    def tables():
        for number in range(9, 0, -1):
            asked.append(number)
            yield wide(number)

    assert [part.revision_id for part in united(TARGET, tables()).parts] == ["rev_8", "rev_9"]
    assert asked == [9, 8, 7]


def test_one_table_of_very_many_columns_is_taken_as_it_is(holds):
    holds(MAX_VIEW_CHARS=100)
    assert united(TARGET, [wide(2), wide(1)]).queries[0] == "SELECT * FROM `my-project.events.t2` AS t"
    assert by_kind(TARGET, [revision(1, TYPE, kind("page", *wide(1).fields))]) == []


@pytest.mark.parametrize("counted", [20_000, 0], ids=["planned", "estimated"])
def test_what_the_view_of_a_kind_has_no_room_for_is_told(holds, counted):
    holds(MAX_COUNTED_COLUMNS=counted)
    tables = [revision(number, TYPE, kind("page", *wide(1).fields)) for number in range(1, 5)]
    assert left_out_by_kind(TARGET, tables) == {}
    length = len(by_kind(TARGET, tables[2:])[0].queries[0])
    holds(MAX_VIEW_CHARS=length)
    found = left_out_by_kind(TARGET, tables)
    planned = [part.revision_id for part in by_kind(TARGET, tables)[0].parts]
    assert planned == ["rev_3", "rev_4"]
    if counted:
        assert found == {"page": ["rev_1", "rev_2"]}
    assert not set(found.get("page", [])) & set(planned)
    holds(MAX_VIEW_CHARS=100)
    assert left_out_by_kind(TARGET, tables) == {"page": ["rev_1", "rev_2", "rev_3", "rev_4"]}
