"""What is stored instead of a protected value."""

import hmac
import json
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.completion.protect_plan import replacement_of
from domain.completion.request_facts import RequestFacts
from domain.derived_keys import derived_key
from domain.http import HttpRequest
from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.intake.stamping import stamp
from domain.validation.revision import CompiledRevision
from schemas.stamps import STAMP_KEYS

SECRET = b"s" * 32
AT = "2026-11-28T00:00:00.000000Z"


def facts_of(organisation_id="org_1"):
    request = HttpRequest("POST", "/", "host", {}, {}, b"", "192.0.2.7", "req_1")
    return RequestFacts(request, 0, AT, organisation_id, "end_1", "env_1", "rev_1", lambda: SECRET)


def stored(fields, event, organisation_id="org_1"):
    revision = CompiledRevision({"revision_id": "rev_1", "edition": 2, "additional_keys": "drop", "fields": fields})
    payload = EventTexts("one", json.dumps(event).encode())
    verdicts = read_events(revision, payload)
    [line] = stamp(revision, payload, verdicts, ["evt_1"], AT, facts_of(organisation_id))
    return {key: value for key, value in json.loads(line).items() if key not in STAMP_KEYS}


def field(protect, data_type="STRING", **others):
    return {"key": "p", "type": data_type, "presence": "optional", "protect": protect, **others}


@pytest.mark.parametrize(
    ("protect", "sent", "kept"),
    [
        ("redact", "secret", None),
        ("redact", "", None),
        ("ip_prefix", "192.0.2.77", "192.0.2.0/24"),
        ("ip_prefix", "2001:DB8:1:2::3", "2001:db8:1::/48"),
        ("ip_prefix", "fe80::1%eth0", None),
        ("ip_prefix", "192.0.2.77/8", None),
        ("ip_prefix", "somewhere", None),
        ("email_domain", "a@b@example.org", "example.org"),
        ("email_domain", "nobody", None),
        ("email_domain", "a@", None),
        ("last_4", "4111111111111111", "************1111"),
        ("last_4", "été12", "*té12"),
        ("last_4", "1234", "****"),
        ("last_4", "", ""),
    ],
)
def test_a_protected_value_is_replaced(protect, sent, kept):
    expected = {} if kept is None else {"p": kept}
    assert stored([field(protect)], {"p": sent}) == expected
    assert stored([field(protect, presence="default", default=sent)], {}) == expected
    deeper = {"key": "o", "type": "ARRAY_OBJECT", "presence": "required", "fields": [field(protect)]}
    assert stored([deeper], {"o": [{"p": sent}, {}]}) == {"o": [expected, {}]}


def test_a_hash_is_alike_within_an_organisation_and_nowhere_else():
    key = derived_key(SECRET, "org_1", "protect")
    expected = hmac.new(key, "é".encode(), "sha256").hexdigest()
    assert stored([field("hash")], {"p": "é"}) == {"p": expected}
    assert stored([field("hash")], {"p": "é"}, "org_2") != {"p": expected}


def test_each_element_of_an_array_is_protected():
    array = field("email_domain", "ARRAY_STRING")
    assert stored([array], {"p": ["a@x.example", "nobody", "b@y.example"]}) == {"p": ["x.example", "y.example"]}
    assert stored([array], {"p": []}) == {"p": []}
    assert stored([field("redact", "ARRAY_STRING")], {"p": []}) == {}


def test_what_a_macro_fills_in_is_protected_too():
    assert stored([field("ip_prefix", presence="macro", macro="user_ip")], {}) == {"p": "192.0.2.0/24"}


def test_a_value_is_judged_before_it_is_protected():
    rules = [{"rule": "max_length", "value": 3}]
    revision = CompiledRevision(
        {"revision_id": "r", "edition": 2, "additional_keys": "drop", "fields": [field("redact", rules=rules)]}
    )
    refusal = revision.read_event(b'{"p":"long"}')
    assert [fault.code for fault in refusal.faults] == ["max_length"]


def test_a_required_value_that_is_redacted_has_to_be_sent_all_the_same():
    required = field("redact", presence="required")
    assert stored([required], {"p": "x"}) == {}


@given(
    st.ip_addresses().map(str)
    | st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", fullmatch=True)
    | st.text("01.:af/", max_size=20)
)
def test_an_address_is_cut_as_the_standard_library_does(value):
    try:
        address = ip_address(value)
    except ValueError:
        expected = None
    else:
        expected = str(ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))
    assert replacement_of(field("ip_prefix"))(value, facts_of()) == expected
