"""Tables in PostgreSQL as destinations over `/v1`: how they are written, changed, shown and deployed to."""

import pytest

from domain.delivery.connectors import ColumnApart
from domain.postgres_place import secret_of_text
from schemas.limits import DEFAULT_POSTGRES_CONNECTIONS, MAX_POSTGRES_COLUMNS
from tests.destinations import POSTGRES, POSTGRES_PASSWORD
from tests.functions.test_management_destinations import change
from tests.management_api import PRICE

CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
SHOWN = {
    "type": "postgres",
    "host": "db.example.com",
    "port": 5432,
    "database": "warehouse",
    "user": "ingest",
    "has_ca_certificates": False,
    "schema": "events",
    "table": "shop",
    "max_connections": DEFAULT_POSTGRES_CONNECTIONS,
}


def create(api, endpoint, destination, *fields, name="Live"):
    body = {"name": name, "revision_id": finalised(api, endpoint, *fields)["id"], "destination": destination}
    return api.call("POST", f"/v1/endpoints/{endpoint['id']}/environments", body)


def finalised(api, endpoint, *fields):
    draft = api.draft(endpoint, *(fields or (PRICE,)))
    return api.call("POST", f"/v1/revisions/{draft['id']}/finalise").json


def kept(api):
    """Return the one secret that is in force."""
    return secret_of_text(list(api.secrets.secrets.values())[-1])


def test_the_connection_string_is_kept_as_a_secret_and_where_it_leads_is_shown(api, endpoint):
    made = create(api, endpoint, {**POSTGRES, "table": "shop"})
    assert made.json["destination"] == SHOWN
    assert POSTGRES_PASSWORD not in made.text
    assert kept(api).dsn == POSTGRES["dsn"]
    (target,) = api.connectors.postgres.checked
    assert secret_of_text(target.secret).dsn == POSTGRES["dsn"]
    assert POSTGRES_PASSWORD not in repr(target)
    assert POSTGRES_PASSWORD not in api.call("GET", f"/v1/environments/{made.json['id']}").text


def test_a_table_without_a_name_is_called_after_the_environment_in_at_most_63_bytes(api, endpoint):
    assert create(api, endpoint, POSTGRES).json["destination"]["table"] == "shop_live"
    long = create(api, endpoint, POSTGRES, name="p" * 60).json["destination"]["table"]
    assert len(long) == 63
    assert long.startswith(f"shop_{'p' * 49}_")


def test_what_a_change_leaves_out_stays(api, endpoint):
    made = create(api, endpoint, {**POSTGRES, "table": "shop", "ca_certificates": CA}).json
    changed = change(api, made, {"type": "postgres", "schema": "raw"}).json
    assert changed["destination"] == {**SHOWN, "schema": "raw", "has_ca_certificates": True}
    changed = change(api, changed, {"type": "postgres", "max_connections": 3}).json
    assert (changed["destination"]["schema"], changed["destination"]["max_connections"]) == ("raw", 3)
    assert secret_of_text(api.connectors.postgres.checked[-1].secret) == kept(api)
    other = "postgresql://ingest:other@db2.example.com:6543/warehouse"
    changed = change(api, changed, {"type": "postgres", "dsn": other}).json
    assert changed["destination"]["port"] == 6543
    assert (kept(api).dsn, kept(api).ca_certificates) == (other, CA)
    changed = change(api, changed, {"type": "postgres", "dsn": other, "ca_certificates": None}).json
    assert not changed["destination"]["has_ca_certificates"]
    assert kept(api).ca_certificates is None


def test_certificates_alone_do_not_change_since_the_password_would_go_to_whom_they_vouch_for(api, endpoint):
    made = create(api, endpoint, POSTGRES).json
    answer = change(api, made, {"type": "postgres", "ca_certificates": CA})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/destination/dsn")


def test_a_database_that_refuses_is_not_saved(api, endpoint):
    api.connectors.postgres.reason = "There is no schema events."
    answer = create(api, endpoint, POSTGRES)
    assert (answer.status, answer.json["code"]) == (422, "destination_refused")
    assert "There is no schema events." in answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"dsn": "mysql://u:p@h/d"}, "dsn"),
        ({"dsn": "postgresql://u@h/d"}, "dsn"),
        ({"dsn": "postgresql://u:p@h"}, "dsn"),
        ({"dsn": "postgresql://u:p@h,g/d"}, "dsn"),
        ({"dsn": "postgresql://u:p@h:0/d"}, "dsn"),
        ({"dsn": "postgresql://u:p@h:x/d"}, "dsn"),
        ({"dsn": "postgresql://u:p@[::1/d"}, "dsn"),
        ({"dsn": "postgresql://u:p@h/d?sslmode=prefer"}, "dsn"),
        ({"dsn": "postgresql://u:p@h/d?options=-csearch_path"}, "dsn"),
        ({"dsn": "postgresql://u:p%00@h/d"}, "dsn"),
        ({"dsn": f"postgresql://{'u' * 64}:p@h/d"}, "dsn"),
        ({"dsn": "postgresql://u:two words@h/d"}, "dsn"),
        ({"schema": "a b"}, "schema"),
        ({"schema": "s" * 64}, "schema"),
        ({"table": 'a"b'}, "table"),
        ({"ca_certificates": "none"}, "ca_certificates"),
        ({"max_connections": 0}, "max_connections"),
        ({"max_connections": 51}, "max_connections"),
        ({"bucket": "b"}, "bucket"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_nothing_of_the_string_repeated(api, endpoint, wrong, pointer):
    answer = create(api, endpoint, {**POSTGRES, **wrong})
    assert (answer.status, answer.json["code"]) == (422, "invalid_request")
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/destination/{pointer}"]
    assert wrong.get("dsn", POSTGRES["dsn"]) not in answer.text
    assert api.connectors.postgres.checked == []


def test_a_revision_with_more_columns_than_a_table_can_have_makes_no_environment(api, endpoint):
    fields = [{"key": f"f{number}", "type": "INT"} for number in range(MAX_POSTGRES_COLUMNS - 3)]
    answer = create(api, endpoint, POSTGRES, *fields)
    assert (answer.status, answer.json["code"]) == (422, "destination_refused")
    assert answer.json["errors"][0]["pointer"] == "/revision_id"
    assert "1,501 columns" in answer.json["message"]


def test_the_answer_of_a_deployment_says_which_columns_are_not_called_as_their_field(api, endpoint):
    made = create(api, endpoint, POSTGRES).json
    api.connectors.postgres.apart = [ColumnApart("price", "price__float")]
    revision = finalised(api, endpoint, {"key": "price", "type": "FLOAT"})
    deployments = f"/v1/environments/{made['id']}/deployments"
    deployed = api.call("POST", deployments, {"revision_id": revision["id"], "note": ""})
    own = [{"field": "price", "column": "price__float"}]
    assert (deployed.status, deployed.json["columns_apart"]) == (201, own)
    assert deployed.json["left_out_of_view"] == []
    listed = api.call("GET", deployments).json["items"]
    assert [row["columns_apart"] for row in listed] == [own, []]
