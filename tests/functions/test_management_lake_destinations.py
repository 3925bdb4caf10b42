"""Lakes over `/v1`: how they are written, changed and shown."""

from connectors.lake.asking import AskingLake
from domain.delivery.connectors import ColumnApart
from domain.queries import lake_views
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


def test_a_deployment_of_files_says_which_revisions_the_view_has_no_room_for(api, endpoint, monkeypatch):
    asked = []

    def ask(event):
        asked.append(event["task"])
        return {"result": []}

    api.connectors.lake = AskingLake(ask)
    made = create(api, endpoint, {**LAKE, "table_format": "parquet"}).json
    deploy = f"/v1/environments/{made['id']}/deployments"
    second, third = (api.finalised(endpoint, name=name)["id"] for name in ("Second", "Third"))
    assert api.call("POST", deploy, {"revision_id": second}).json["left_out_of_view"] == []
    monkeypatch.setattr(lake_views, "MAX_VIEW_CHARS", 1_600)
    answer = api.call("POST", deploy, {"revision_id": third}).json
    assert (answer["left_out_of_view"], answer["left_out_by_kind"]) == ([made["revision_id"]], {})
    assert set(asked) == {"check", "make_tables"}
    change(api, made, {"type": "lake", "table_format": "iceberg"})
    assert api.call("POST", deploy, {"revision_id": second}).json["left_out_of_view"] == []


OWN = {
    "type": "lake",
    "bucket": "my-lake",
    "region": "eu-west-1",
    "role_arn": "arn:aws:iam::123456789012:role/ingest-lake",
}
SHOWN_OWN = {**OWN, "prefix": "", "database": "ingest", "table_format": "iceberg", "table": "shop_live"}


def test_a_lake_in_a_bucket_of_a_user_is_shown_with_its_database_and_the_external_id(api, endpoint):
    made = create(api, endpoint, OWN).json
    assert made["destination"] == {**SHOWN_OWN, "external_id": api.organisation_id}
    (target,) = api.connectors.lake.checked
    assert target.destination == SHOWN_OWN
    changed = change(api, made, {"type": "lake", "prefix": "events/", "database": "shops"}).json["destination"]
    assert changed == {**SHOWN_OWN, "prefix": "events/", "database": "shops", "external_id": api.organisation_id}


def test_a_lake_moves_between_the_deployments_bucket_and_one_of_a_user_and_keeps_its_table(api, endpoint):
    made = create(api, endpoint, {**LAKE, "table": "events"}).json
    refused = change(api, made, {"type": "lake", "bucket": "my-lake"})
    assert [error["pointer"] for error in refused.json["errors"]] == ["/destination/region", "/destination/role_arn"]
    moved = change(api, made, OWN).json["destination"]
    assert moved == {**SHOWN_OWN, "table": "events", "external_id": api.organisation_id}
    back = change(api, made, LAKE).json["destination"]
    assert back == {**SHOWN, "table": "events"}


def test_a_lake_in_a_bucket_of_a_user_has_either_format_and_keeps_it_when_it_moves_there(api, endpoint):
    shown = {**SHOWN_OWN, "table_format": "parquet", "external_id": api.organisation_id}
    assert create(api, endpoint, {**OWN, "table_format": "parquet"}).json["destination"] == shown
    other = {**LAKE, "table_format": "parquet", "table": "shop_live"}
    parquet = create(api, api.endpoint("Other"), other).json
    assert change(api, parquet, OWN).json["destination"] == shown
    assert change(api, parquet, {"type": "lake", "table_format": "iceberg"}).json["destination"] == {
        **SHOWN_OWN,
        "external_id": api.organisation_id,
    }
