"""The diff of two revisions over `/v1`."""

from domain.records.caller import Role
from tests.management_api import PRICE


def diff(api, before, after, **options):
    return api.call("GET", f"/v1/revisions/{before['id']}/diff/{after['id']}", **options)


def test_a_diff_reads_from_the_first_revision_to_the_second(api, endpoint):
    running = api.finalised(endpoint)
    draft = api.draft(endpoint, {**PRICE, "presence": "default", "default": 0})
    answer = diff(api, running, draft)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == {
        "class": "safe",
        "changes": [
            {
                "path": "price",
                "change": "changed",
                "class": "safe",
                "before": {"presence": "required"},
                "after": {"presence": "default", "default": 0.0},
                "why": "Where an event leaves the key out, the new default is stored.",
            }
        ],
    }
    assert diff(api, draft, running).json["class"] == "breaking"


def test_what_a_revision_says_of_unknown_keys_is_part_of_the_diff(api, endpoint):
    before = api.draft(endpoint, PRICE)
    after = api.draft(endpoint, PRICE)
    assert diff(api, before, after).json == {"class": "none", "changes": []}
    api.call("PATCH", f"/v1/revisions/{after['id']}", {"additional_keys": "reject"})
    (row,) = diff(api, before, after).json["changes"]
    assert (row["path"], row["class"]) == ("", "breaking")


def test_revisions_of_two_endpoints_and_empty_drafts_can_be_compared(api, endpoint):
    here = api.draft(endpoint)
    there = api.draft(api.endpoint("Blog"), PRICE)
    (row,) = diff(api, here, there).json["changes"]
    assert (row["path"], row["change"], row["after"]) == ("price", "added", PRICE)


def test_a_revision_compared_with_itself_has_no_difference(api, endpoint):
    revision = api.finalised(endpoint)
    assert diff(api, revision, revision).json["class"] == "none"


def test_a_revision_of_another_organisation_is_not_found_on_either_side(api, endpoint):
    own = api.finalised(endpoint)
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    made = api.call("POST", "/v1/endpoints", {"name": "Theirs"}, token="iet_other").json
    (theirs,) = api.call("GET", f"/v1/endpoints/{made['id']}/revisions", token="iet_other").json["items"]
    answers = [
        diff(api, own, theirs),
        diff(api, theirs, own),
        diff(api, own, theirs, token="iet_other"),
        diff(api, own, {"id": "rev_none"}),
    ]
    assert {(answer.status, answer.code) for answer in answers} == {(404, "not_found")}


def test_a_viewer_may_compare_and_a_stranger_may_not(api, endpoint):
    revision = api.finalised(endpoint)
    api.add_member(Role.VIEWER, token="iet_viewer")
    assert diff(api, revision, revision, token="iet_viewer").status == 200
    assert diff(api, revision, revision, token=None).status == 401
