"""Custom domains in the API: what is taken, what is shown, who has which, and that keys leave no trace."""

import json
import logging

import pytest

from domain.errors import Rejected, Undelivered
from domain.records.caller import Role
from domain.records.keys import custom_domain_key
from domain.records.ports import Delete, Put
from schemas.codes import Problem
from schemas.items import host_key
from schemas.limits import MAX_ENVIRONMENTS_PER_ENDPOINT
from tests.certificates import DOMAIN, issue, key_of, key_pem, leaf
from tests.management_api import START_NS

DAY_NS = 86_400_000_000_000


@pytest.fixture
def environment(api, endpoint):
    return api.environment(endpoint)


def path_of(environment):
    return f"/v1/environments/{environment['id']}/custom-domain"


def put(api, environment, domain=DOMAIN, certificate=None, **options):
    body = {"domain": domain, "certificate": certificate or leaf().body()}
    return api.call("PUT", path_of(environment), body, **options)


def host(api, domain=DOMAIN):
    item = api.table.get(host_key(domain))
    return item and item.data["environment_id"]


def change_item(api, domain=DOMAIN, **changed):
    """Change a domain as the provisioner does."""
    item = api.table.get(custom_domain_key(domain))
    api.table.transact([Put(item.key, {**item.data, **changed}, item.version)])


def rows(answer):
    assert answer.status == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def test_a_domain_with_a_certificate_is_kept_and_ingest_and_provisioner_know(api, environment):
    answer = put(api, environment)
    assert answer.status == 200, answer.text
    shown = answer.json
    assert answer.headers["ETag"] == '"1"'
    assert shown == {
        "id": shown["id"],
        "environment_id": environment["id"],
        "domain": DOMAIN,
        "address": f"https://{DOMAIN}/",
        "status": "provisioning",
        "status_reason": None,
        "certificate": {
            "kind": "imported",
            "subject": "CN=Leaf",
            "issuer": "CN=Intermediate",
            "sans": [DOMAIN],
            "not_before": "2026-11-22T08:00:00Z",
            "expires_at": "2027-02-21T08:00:00Z",
            "fingerprint_sha256": shown["certificate"]["fingerprint_sha256"],
            "publicly_trusted": False,
        },
        "dns_records": [],
        "proof": "off",
        "checked_at": None,
        "warning": None,
        "created_at": shown["created_at"],
        "updated_at": shown["created_at"],
        "version": 1,
    }
    assert api.call("GET", path_of(environment)).json == shown
    assert host(api) == environment["id"]
    assert api.queue.messages[-1] == {"action": "settle", "domain": DOMAIN}
    assert api.call("GET", f"/v1/environments/{environment['id']}").json["custom_domain"] == DOMAIN


def test_a_managed_certificate_has_no_facts_until_it_is_issued(api, environment):
    shown = put(api, environment, certificate="managed").json
    assert shown["certificate"] == {
        "kind": "managed",
        "subject": None,
        "issuer": None,
        "sans": [],
        "not_before": None,
        "expires_at": None,
        "fingerprint_sha256": None,
        "publicly_trusted": None,
    }
    assert api.certificates.kept == {}


def test_no_domain_is_404(api, environment):
    for method, target in (("GET", path_of(environment)), ("DELETE", f"{path_of(environment)}?confirm={DOMAIN}")):
        answer = api.call(method, target)
        assert (answer.status, answer.code) == (404, "not_found")


def test_names_in_other_scripts_are_shown_in_ascii(api, environment):
    made = issue(("xn--bcher-kva.example",))
    shown = put(api, environment, "Bücher.example", made.body()).json
    assert shown["domain"] == "xn--bcher-kva.example"
    assert host(api, "xn--bcher-kva.example") == environment["id"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("/domain", "required"), ("/certificate", "required")]),
        ({"domain": DOMAIN, "certificate": "mine"}, [("/certificate", "certificate")]),
        ({"domain": DOMAIN, "certificate": 1}, [("/certificate", "type")]),
        ({"domain": DOMAIN, "certificate": None}, [("/certificate", "type")]),
        ({"domain": 1, "certificate": "managed"}, [("/domain", "type")]),
        ({"domain": "", "certificate": "managed"}, [("/domain", "min_length")]),
        ({"domain": "1.2.3.4", "certificate": "managed"}, [("/domain", "bad_domain")]),
        ({"domain": "x.in.example.com", "certificate": "managed"}, [("/domain", "reserved_domain")]),
        (
            {"domain": DOMAIN, "certificate": {"pem": "x", "key": "y"}},
            [("/certificate/private_key", "required"), ("/certificate/key", "unknown_field")],
        ),
        ({"domain": DOMAIN, "certificate": leaf().body(chain=None)}, [("/certificate/chain", "type")]),
        ({"domain": DOMAIN, "certificate": leaf().body(pem="x" * 65_537)}, [("/certificate/pem", "max_length")]),
        ({"domain": "example.com", "certificate": "managed"}, [("/domain", "reserved_domain")]),
        ({"domain": "other.example.com", "certificate": leaf().body()}, [("/certificate/pem", "domain_not_covered")]),
        (
            {"domain": DOMAIN, "certificate": issue((DOMAIN, "victim.example")).body()},
            [("/certificate/pem", "foreign_name")],
        ),
        (
            {"domain": DOMAIN, "certificate": issue(("*.example.com",)).body()},
            [("/certificate/pem", "reserved_domain")],
        ),
        (
            {"domain": "1.2.3.4", "certificate": leaf().body(private_key=key_pem(key_of("p256", 9)))},
            [("/domain", "bad_domain"), ("/certificate/private_key", "key_mismatch")],
        ),
    ],
)
def test_faults_stand_at_their_fields_and_nothing_is_saved(api, environment, body, expected):
    before = api.table.data()
    assert rows(api.call("PUT", path_of(environment), body)) == expected
    assert api.table.data() == before
    assert api.certificates.keys_seen == 0


def test_a_domain_has_one_environment_of_anyone(api, endpoint, environment):
    assert put(api, environment).status == 200
    sibling = api.environment(endpoint, "Staging", revision_id=environment["revision_id"])
    answer = put(api, sibling)
    assert (answer.status, answer.code) == (409, "domain_in_use")
    assert api.certificates.keys_seen == 1


def test_a_domain_of_another_organisation_is_in_use_too(api, environment):
    api.add_member(Role.OWNER, token="iet_other", organisation="org_other")
    put(api, environment)
    theirs = api.call("POST", "/v1/endpoints", {"name": "Theirs"}, token="iet_other").json
    made = api.call("POST", f"/v1/endpoints/{theirs['id']}/revisions", {}, token="iet_other").json
    tree = {"fields": [{"key": "price", "type": "FLOAT", "presence": "required"}]}
    api.call("PUT", f"/v1/revisions/{made['id']}/fields", tree, token="iet_other", if_match="*")
    api.call("POST", f"/v1/revisions/{made['id']}/finalise", token="iet_other")
    body = {"name": "Live", "revision_id": made["id"], "destination": {"type": "s3", "managed": True}}
    foreign = api.call("POST", f"/v1/endpoints/{theirs['id']}/environments", body, token="iet_other").json
    answer = put(api, foreign, token="iet_other")
    assert (answer.status, answer.code) == (409, "domain_in_use")
    assert environment["id"] not in answer.text
    assert host(api) == environment["id"]


def test_a_renewed_certificate_takes_the_place_of_the_former(api, environment):
    put(api, environment)
    change_item(api, status="active")
    renewed = issue(days=200)
    answer = put(api, environment, certificate=renewed.body())
    assert (answer.json["status"], answer.json["version"]) == ("active", 2)
    assert answer.json["certificate"]["expires_at"] > "2027-05"
    assert list(api.certificates.kept) == ["ref-1"]
    assert api.certificates.kept["ref-1"].pem == renewed.pem
    assert api.table.get(custom_domain_key(DOMAIN)).data["retired"] == []


def test_a_key_of_another_algorithm_gets_a_place_of_its_own(api, environment):
    put(api, environment)
    change_item(api, status="active")
    answer = put(api, environment, certificate=issue(key=key_of("rsa2048")).body())
    assert answer.json["status"] == "provisioning"
    item = api.table.get(custom_domain_key(DOMAIN)).data
    assert (item["reference"], item["retired"]) == ("ref-2", ["ref-1"])


def test_imported_and_managed_take_turns(api, environment):
    put(api, environment)
    put(api, environment, certificate="managed")
    item = api.table.get(custom_domain_key(DOMAIN)).data
    assert (item["kind"], item["reference"], item["retired"]) == ("managed", None, ["ref-1"])
    change_item(api, reference="requested", status="pending_validation")
    put(api, environment, certificate="managed")  # asks again: nothing is begun anew
    item = api.table.get(custom_domain_key(DOMAIN)).data
    assert (item["reference"], item["status"]) == ("requested", "pending_validation")
    put(api, environment)
    item = api.table.get(custom_domain_key(DOMAIN)).data
    assert (item["kind"], item["reference"], item["retired"]) == ("imported", "ref-2", ["ref-1", "requested"])


def test_a_failed_managed_certificate_is_asked_for_anew(api, environment):
    put(api, environment, certificate="managed")
    change_item(api, reference="requested", status="failed", status_reason="Not validated in time.")
    shown = put(api, environment, certificate="managed").json
    assert (shown["status"], shown["status_reason"]) == ("provisioning", None)
    item = api.table.get(custom_domain_key(DOMAIN)).data
    assert (item["reference"], item["retired"]) == (None, ["requested"])


def test_another_domain_takes_the_place_of_the_former(api, environment):
    put(api, environment)
    other = issue(("other.example.com",))
    assert put(api, environment, "other.example.com", other.body()).status == 200
    assert host(api) is None
    assert host(api, "other.example.com") == environment["id"]
    assert api.table.get(custom_domain_key(DOMAIN)).data["status"] == "deleting"
    assert {"action": "settle", "domain": DOMAIN} in api.queue.messages[-2:]
    assert api.call("GET", path_of(environment)).json["domain"] == "other.example.com"
    answer = put(api, environment)
    assert (answer.status, answer.code) == (409, "domain_in_use")
    assert "minute" in answer.json["message"]


def test_deleting_asks_for_the_domain_and_takes_it_from_ingest_at_once(api, environment):
    put(api, environment)
    target = path_of(environment)
    assert api.call("DELETE", target).code == "confirmation_mismatch"
    assert api.call("DELETE", f"{target}?confirm=Live").code == "confirmation_mismatch"
    assert api.call("DELETE", f"{target}?confirm={DOMAIN}").status == 204
    assert host(api) is None
    assert api.queue.messages[-1] == {"action": "settle", "domain": DOMAIN}
    assert api.call("GET", target).json["status"] == "deleting"
    sent = len(api.queue.messages)
    assert api.call("DELETE", f"{target}?confirm={DOMAIN}").status == 204
    assert len(api.queue.messages) == sent


def test_a_stale_version_changes_nothing(api, environment):
    put(api, environment)
    put(api, environment)
    assert put(api, environment, if_match='"1"').code == "version_conflict"
    assert api.call("DELETE", f"{path_of(environment)}?confirm={DOMAIN}", if_match='"1"').code == "version_conflict"
    assert put(api, environment, if_match='"2"').status == 200


def test_ingest_finds_a_deleted_environment_by_its_domain_until_somebody_claims_it(api, endpoint, environment):
    put(api, environment)
    assert api.call("DELETE", f"/v1/environments/{environment['id']}?confirm=Live").status == 204
    assert host(api) == environment["id"]
    assert {"action": "settle", "domain": DOMAIN} in api.queue.messages[-2:]
    sibling = api.environment(endpoint, "Next", revision_id=environment["revision_id"])
    assert put(api, sibling).code == "domain_in_use"
    item = api.table.get(custom_domain_key(DOMAIN))  # as the provisioner does once all is taken down
    api.table.transact([Delete(item.key, item.version)])
    assert put(api, sibling).status == 200
    assert host(api) == sibling["id"]


def test_an_endpoint_of_the_most_environments_with_domains_is_deleted_whole(api, endpoint):
    revision_id = api.finalised(endpoint)["id"]
    bounds = {"domains": MAX_ENVIRONMENTS_PER_ENDPOINT}
    assert api.call("PATCH", f"/v1/organisations/{api.organisation_id}", {"bounds": bounds}).status == 200
    for number in range(MAX_ENVIRONMENTS_PER_ENDPOINT):
        made = api.environment(endpoint, f"Live {number}", revision_id=revision_id)
        assert put(api, made, f"e{number}.example.com", "managed").status == 200
    assert api.call("DELETE", f"/v1/endpoints/{endpoint['id']}?confirm=Shop").status == 204
    domains = [message["domain"] for message in api.queue.messages[-80:] if "domain" in message]
    assert sorted(domains) == sorted(f"e{number}.example.com" for number in range(MAX_ENVIRONMENTS_PER_ENDPOINT))


@pytest.mark.parametrize(
    ("days", "words"), [(31, None), (30, None), (29, "29 days"), (13, "13 days"), (2, "2 days"), (0, "within a day")]
)
def test_an_end_that_is_near_is_warned_of(api, environment, days, words):
    put(api, environment)
    api.clock.now_ns = START_NS + (90 - days) * DAY_NS - 1_000_000_000
    warning = api.call("GET", path_of(environment)).json["warning"]
    assert (warning is None) if words is None else (words in warning)


def test_an_expired_certificate_says_so(api, environment):
    put(api, environment)
    api.clock.now_ns = START_NS + 91 * DAY_NS
    assert "has expired" in api.call("GET", path_of(environment)).json["warning"]


def without_counts(api):
    """Return what is stored, but for the count of what was asked of the account, which is written down before."""
    return {key: data for key, data in api.table.data().items() if key.sk != "USED"}


def test_what_the_keeper_refuses_is_told_and_nothing_is_saved(api, environment):
    before = without_counts(api)
    api.certificates.trouble = Rejected(Problem.LIMIT_REACHED, "The account holds as many certificates as it may.")
    assert put(api, environment).code == "limit_reached"
    api.certificates.trouble = Undelivered("The keeper can't be reached.")
    assert put(api, environment).status == 503
    assert without_counts(api) == before


def test_a_renewal_whose_place_was_taken_meanwhile_is_a_conflict(api, environment):
    put(api, environment)
    api.table.before_transact = lambda: change_item(api, reference="another")
    assert put(api, environment).code == "conflict"


def test_changes_are_in_the_audit_log_without_keys(api, environment):
    put(api, environment)
    put(api, environment, certificate=issue(days=200).body())
    api.call("DELETE", f"{path_of(environment)}?confirm={DOMAIN}")
    entries = [entry for entry in api.audit() if entry["action"].startswith("custom_domain.")]
    assert [entry["action"] for entry in entries] == ["custom_domain.set", "custom_domain.set", "custom_domain.delete"]
    assert {entry["subject"]["id"] for entry in entries} == {environment["id"]}
    assert entries[0]["before"] is None
    assert entries[0]["after"] == entries[1]["before"]
    assert entries[1]["after"] == entries[2]["before"]
    assert entries[0]["after"]["certificate"]["subject"] == "CN=Leaf"


def key_lines(text):
    return [line for line in text.splitlines() if line and not line.startswith("-----")]


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_a_key_leaves_no_trace(api, environment, caplog, kind):
    """Whatever becomes of the request: taken, refused, failed, or answered 500."""
    made = issue(key=key_of(kind))
    answers = []
    with caplog.at_level(logging.DEBUG):
        answers.append(put(api, environment, certificate=made.body(), idempotency_key="key-1"))
        answers.append(put(api, environment, "1.2.3.4", made.body()))
        answers.append(put(api, environment, certificate=made.body(private_key=made.private_key * 2)))
        answers.append(put(api, environment, certificate=made.body(private_key=made.private_key[1:])))
        answers.append(put(api, environment, certificate=made.body(pem=made.private_key)))
        answers.append(put(api, environment, certificate=made.body(other=made.private_key)))
        answers.append(put(api, environment, certificate=made.private_key))
        answers.append(api.call("PUT", path_of(environment), raw=json.dumps({"domain": made.private_key})))
        answers.append(api.call("PUT", path_of(environment), raw='{"' + made.private_key.replace("\n", "")))
        answers.append(api.call("POST", "/v1/endpoints", {"name": "x", "key": made.private_key}, idempotency_key="k"))
        for trouble in (ZeroDivisionError(), Undelivered("x"), Rejected(Problem.LIMIT_REACHED, "x")):
            api.certificates.trouble = trouble
            answers.append(put(api, environment, certificate=made.body()))
    assert {answer.status for answer in answers} == {200, 400, 409, 422, 500, 503}
    everything = json.dumps(
        [
            [[answer.text, answer.headers] for answer in answers],
            [str(item) for item in api.table.data().items()],
            api.queue.messages,
            caplog.text,
        ]
    )
    for line in key_lines(made.private_key):
        assert line not in everything
        assert line[8:40] not in everything
