"""The text of a refused event keeps everything but the values of protected places."""

import json

import pytest

from domain.completion.protect_plan import replacement_of
from domain.validation.protect_text import NOTHING_KEPT, ProtectedTexts, ProtectWork
from tests.unit.test_protect import facts_of

EMAIL = {"key": "email", "type": "STRING", "presence": "required", "protect": "email_domain"}
CARD = {"key": "card", "type": "STRING", "presence": "required", "protect": "last_4", "from": "/pay/card no"}
IPS = {"key": "ips", "type": "ARRAY_STRING", "presence": "optional", "protect": "ip_prefix"}
NAME = {"key": "name", "type": "STRING", "presence": "required", "protect": "redact"}
GUESTS = {"key": "guests", "type": "ARRAY_OBJECT", "presence": "optional", "fields": [NAME]}
OPEN = {"key": "open", "type": "STRING", "presence": "required"}
FIELDS = [EMAIL, CARD, IPS, GUESTS, OPEN]


def kept(text, fields=FIELDS, work=None):
    return ProtectedTexts(fields).of(text.encode("utf-8", "surrogatepass"), facts_of(), work or ProtectWork())


@pytest.mark.parametrize(
    ("sent", "text", "pointers"),
    [
        ('{"email": "a@example.org"}', '{"email": "example.org"}', ["/email"]),
        ('{"email": "nobody"}', '{"email": ""}', ["/email"]),
        (' { "open" : 1.50 ,\n"email":"a@b"} ', ' { "open" : 1.50 ,\n"email":"b"} ', ["/email"]),
        ('{"e\\u006dail": "a@b", "email": "c@d"}', '{"e\\u006dail": "b", "email": "d"}', ["/email"]),
        ('{"pay": {"x": [1, {}], "card no": "41111234"}}', '{"pay": {"x": [1, {}], "card no": "****1234"}}', None),
        ('{"ips": ["192.0.2.7", "x", "é"]}', '{"ips": ["192.0.2.0/24", "", ""]}', ["/ips"]),
        ('{"ips": []}', '{"ips": []}', []),
        (
            '{"guests": [{"name": "Ann", "age": 9e0}, {"name": null}, {}]}',
            '{"guests": [{"name": "", "age": 9e0}, {"name": null}, {}]}',
            ["/guests/*/name"],
        ),
        ('{"email": null, "pay": null, "open": "a@b", "x": {"email": "a@b"}}', None, []),
        ("{}", "{}", []),
    ],
)
def test_protected_values_are_replaced_and_nothing_else_changes(sent, text, pointers):
    expected = ["/pay/card no"] if pointers is None else pointers
    assert kept(sent) == (sent.encode() if text is None else text.encode(), tuple(expected), False)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ('{"email": 4111}', '{"email": null}'),
        ('{"email": ["a@b"], "open": "x"}', '{"email": null, "open": "x"}'),
        ('{"email": {"a": [1]}}', '{"email": null}'),
        ('{"email": "\\ud800@b"}', '{"email": null}'),
        ('{"pay": "4111 1111"}', '{"pay": null}'),
        ('{"pay": ["4111"]}', '{"pay": null}'),
        ('{"guests": {"name": "Ann"}}', '{"guests": null}'),
        ('{"guests": ["Ann", {"age": 1}]}', '{"guests": [null, {"age": 1}]}'),
        ('{"ips": [5, [1]]}', '{"ips": [null, null]}'),
    ],
)
def test_what_is_no_text_at_a_protected_place_is_not_kept(sent, text):
    assert kept(sent) == (text.encode(), (), True)


@pytest.mark.parametrize(
    "sent",
    ["", "null", '"a@b"', '[{"email": "a@b"}]', '{"email": "a@b"', '{"email": "a@b"} x', '{"a": NaN}', "{'a': 1}",
     '{"email": "a@b",}', '{"x": ' + "[" * 100_000 + "}", "\ud800", '{"a": 01}', '{"a" 1}', "{1: 2}"],
)  # fmt: skip
def test_of_a_text_that_is_no_json_object_nothing_is_kept(sent):
    assert kept(sent) == NOTHING_KEPT


def test_a_revision_without_protected_fields_keeps_any_text():
    assert kept("not JSON", [OPEN]) == (b"not JSON", (), False)


def test_the_field_in_force_says_how_a_place_is_protected():
    fields = [
        {"key": kind, "type": "OBJECT", "presence": "required", "from": "properties", "when": {"/type": [kind]},
         "fields": [{**EMAIL, "protect": protect}]}
        for kind, protect in (("a", "last_4"), ("b", "email_domain"))
    ]  # fmt: skip
    text = '{"type": "%s", "properties": {"email": "a@b"}}'
    assert json.loads(kept(text % "a", fields).text)["properties"] == {"email": "***"}
    assert json.loads(kept(text % "b", fields).text)["properties"] == {"email": "b"}
    assert json.loads(kept(text % "c", fields).text)["properties"] == {"email": "***"}


def test_what_another_field_reads_as_a_whole_is_kept_where_it_is_no_object():
    fields = [
        {
            "key": "a",
            "type": "OBJECT",
            "presence": "required",
            "from": "p",
            "when": {"/type": ["a"]},
            "fields": [EMAIL],
        },
        {"key": "b", "type": "JSON", "presence": "required", "from": "p", "when": {"/type": ["b"]}},
    ]
    assert kept('{"p": [1]}', fields) == (b'{"p": [1]}', (), False)
    assert kept('{"p": {"email": "a@b"}}', fields).text == b'{"p": {"email": "b"}}'


def test_a_request_has_its_work_bounded():
    work = ProtectWork()
    text = '{"email": "a@b", "x": [' + "1," * 60_000 + "1]}"
    assert kept(text, work=work).pointers == ("/email",)
    assert kept(text, work=work) == NOTHING_KEPT
    assert kept('{"x": "' + "y" * 2_000_000 + '"}') == NOTHING_KEPT


def test_more_places_than_a_record_lists_keep_nothing():
    fields = [{**EMAIL, "key": f"f_{number}_{'x' * 120}"} for number in range(600)]
    assert kept(json.dumps({field["key"]: "a@b" for field in fields}), fields) == NOTHING_KEPT


@pytest.mark.parametrize("protect", ["hash", "redact", "ip_prefix", "email_domain", "last_4"])
def test_each_value_is_replaced_as_it_would_be_stored(protect):
    field = {**EMAIL, "protect": protect}
    stored = replacement_of(field)("192.0.2.9@x", facts_of())
    assert json.loads(kept('{"email": "192.0.2.9@x"}', [field]).text) == {"email": stored or ""}
