"""Lakes over `/v1`: how they are written, changed and shown."""

from domain.delivery.connectors import ColumnApart
from tests.functions.test_management_destinations import change, create, item

LAKE = {"type": "lake", "managed": True}
SHOWN = {**LAKE, "table_format": "iceberg", "table": "shop_live"}


def test_a_lake_is_shown_with_the_table_that_it_gets(api, endpoint):
    made = create(api, endpoint, LAKE).json
    assert made["destination"] == SHOWN
    (target,) = api.connectors.lake.checked
    assert target.destination == SHOWN
    assert [row["revision_id"] for row in item(api, made)["tables"]] == [made["revision_id"]]


def test_the_table_may_be_named_and_changed_and_stays_if_nothing_is_said(api, endpoint):
    made = create(api, endpoint, {**LAKE, "table": "events"}).json
    assert made["destination"]["table"] == "events"
    assert change(api, made, {"type": "lake", "table": "others"}).json["destination"]["table"] == "others"
    assert change(api, made, {**LAKE, "table": None}).json["destination"] == {**SHOWN, "table": "others"}


def test_a_lake_of_files_without_a_catalog_is_written_changed_and_shown(api, endpoint):
    made = create(api, endpoint, {**LAKE, "table_format": "parquet"}).json
    assert made["destination"] == {**SHOWN, "table_format": "parquet"}
    changed = change(api, made, {"type": "lake", "table_format": "iceberg"}).json
    assert changed["destination"] == SHOWN


def test_names_and_formats_that_engines_would_not_take_are_refused(api, endpoint):
    for wrong in ({"table": "Events"}, {"table": "1st"}, {"table_format": "delta"}, {"managed": False}):
        answer = create(api, endpoint, {**LAKE, **wrong})
        (error,) = answer.json["errors"]
        assert (answer.status, error["pointer"]) == (422, f"/destination/{next(iter(wrong))}")


def test_a_deployment_makes_columns_and_says_which_are_apart(api, endpoint):
    made = create(api, endpoint, LAKE).json
    second = api.finalised(endpoint, name="Second")
    deploy = f"/v1/environments/{made['id']}/deployments"
    api.connectors.lake.apart = [ColumnApart("price", "price__float")]
    answer = api.call("POST", deploy, {"revision_id": second["id"]}).json
    assert answer["columns_apart"] == [{"field": "price", "column": "price__float"}]
