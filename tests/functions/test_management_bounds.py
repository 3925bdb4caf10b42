"""What one request to `/v1` costs at most, whatever it holds: CPU, memory and the size of the answer."""

import json
import subprocess
import sys
import time
from itertools import count

import pytest

from domain.language.inference.counts import MAX_PLACES
from schemas.limits import (
    MAX_CPU_SECONDS,
    MAX_ERRORS,
    MAX_FIELDS,
    MAX_ONE_OF_VALUES,
    MAX_REVISION_CHOICES,
    MAX_V1_BODY_BYTES,
    MAX_V1_LARGE_BODY_BYTES,
)
from tests.management_api import PRICE, Answer, Api
from tests.processor import cpu_time

MOST_CPU_SECONDS = 4 * MAX_CPU_SECONDS
"""Of a test's machine; what these requests cost without bounds are minutes."""
MAX_PROBLEM_BYTES = 500_000
MEBIBYTES = 2**20


class Measured(Api):
    """A deployment that says what its last request cost; the document of megabytes of answers is left out."""

    def send(self, event):
        with cpu_time() as spent:
            raw = self.handler(event, None)
        self.cpu_seconds = spent.seconds
        answer = Answer(raw["statusCode"], raw["headers"], raw["body"])
        assert self.cpu_seconds < MOST_CPU_SECONDS
        assert answer.status < 400 or len(raw["body"]) < MAX_PROBLEM_BYTES
        return answer


@pytest.fixture
def api():
    return Measured()


@pytest.fixture
def slow_api():
    """A deployment on a machine that takes four times as long."""
    api = Measured()
    api.handler = api.serve(spent_seconds=lambda: 4 * time.thread_time())
    return api


def put(api, *fields):
    draft = api.draft(api.endpoint(f"E {next(_NAMES)}"))
    raw = json.dumps({"fields": fields}, separators=(",", ":"))
    path = f"/v1/revisions/{draft['id']}/fields"
    answer = api.call("PUT", path, raw=raw, content_type="application/json", if_match="*")
    return f"/v1/revisions/{draft['id']}", answer


def post_revision(api, **source):
    path = f"/v1/endpoints/{api.endpoint(f'E {next(_NAMES)}')['id']}/revisions"
    return api.call("POST", path, raw=json.dumps(source, separators=(",", ":")), content_type="application/json")


_NAMES = count()


def string(number, *patterns, **fields):
    rules = [{"rule": "regex", "value": pattern} for pattern in patterns]
    return {"key": f"k{number}", "type": "STRING", "presence": "optional", "rules": rules, **fields}


@pytest.mark.parametrize("values", [20_000, 300_000])
def test_a_json_schema_with_a_long_enumeration_is_imported_in_time_that_grows_with_its_length(api, values):
    enumerated = {"type": "string", "enum": [f"v{number}" for number in range(values)]}
    both = {"allOf": [enumerated, enumerated] if values < 100_000 else [enumerated]}
    answer = post_revision(api, json_schema={"type": "object", "properties": {"a": both, "b": {"type": "string"}}})
    assert (answer.status, [row["keyword"] for row in answer.json["import"]["unmapped"]]) == (201, ["enum"])


def test_an_enumeration_that_is_referred_to_very_often_ends_at_the_budget(slow_api):
    schema = {
        "type": "object",
        "$defs": {"e": {"enum": [f"v{number}" for number in range(50_000)]}},
        "properties": {f"k{number}": {"$ref": "#/$defs/e"} for number in range(MAX_FIELDS)},
    }
    answer = post_revision(slow_api, json_schema=schema)
    assert (answer.status, answer.code) == (422, "too_complex")
    assert answer.pointers[0].startswith("/json_schema/")


def chosen(number, values):
    return string(number) | {"rules": [{"rule": "one_of", "value": [f"v{choice}" for choice in range(values)]}]}


def test_all_lists_of_choices_together_have_an_end(api):
    full = [chosen(number, MAX_ONE_OF_VALUES) for number in range(MAX_REVISION_CHOICES // MAX_ONE_OF_VALUES)]
    assert put(api, *full)[1].status == 200
    _, answer = put(api, *full, string("more") | {"type": "OBJECT", "rules": [], "fields": [chosen(0, 1)]})
    assert (answer.status, answer.pointers, answer.json["errors"][0]["code"]) == (422, ["/fields"], "too_many")


def test_an_import_leaves_out_lists_of_choices_beyond_what_a_revision_has(api):
    enumerated = {"type": "string", "enum": [f"v{number}" for number in range(MAX_ONE_OF_VALUES)]}
    properties = {f"k{number}": enumerated for number in range(MAX_REVISION_CHOICES // MAX_ONE_OF_VALUES + 2)}
    answer = post_revision(api, json_schema={"type": "object", "properties": properties})
    assert (answer.status, answer.json["import"]["unmapped_count"]) == (201, 2)
    assert {row["keyword"] for row in answer.json["import"]["unmapped"]} == {"enum"}
    assert len(answer.json["fields"]) == len(properties)


def test_no_pattern_is_compiled_after_one_that_is_too_big(api):
    tree = [string(n, *(rf"\p{{L}}{{0,900}}x{{{n}}}y{{{m}}}" for m in range(16))) for n in range(100)]
    _, answer = put(api, *tree)
    assert (answer.status, answer.json["more"], len(answer.json["errors"])) == (422, True, MAX_ERRORS)
    assert {row["code"] for row in answer.json["errors"]} == {"bad_regex"}
    assert api.cpu_seconds < 2


def test_patterns_that_are_too_big_together_are_refused_at_the_first_beyond(api):
    tree = [string(n, *(rf"[a-z]{{0,900}}.{{0,900}}x{{{n}}}y{{{m}}}" for m in range(16))) for n in range(100)]
    _, answer = put(api, *tree)
    assert (answer.status, {row["code"] for row in answer.json["errors"]}) == (422, {"bad_regex"})
    assert api.cpu_seconds < 5


def test_an_import_tries_only_some_of_very_many_patterns_that_are_too_big_and_lists_all(api):
    properties = {f"k{n}": {"type": "string", "pattern": rf"^\p{{L}}{{0,900}}x{n}$"} for n in range(400)}
    answer = post_revision(api, json_schema={"type": "object", "properties": properties})
    assert (answer.status, answer.json["import"]["unmapped_count"]) == (201, 400)
    assert api.cpu_seconds < 5


def nested(*least):
    children = [{"key": "n", "type": "INT"}]
    for number in reversed(least):
        rules = [{"rule": "min_items", "value": number}]
        children = [{"key": "a", "type": "ARRAY_OBJECT", "rules": rules, "fields": children}]
    return children[0]


@pytest.mark.parametrize("least", [(20_000, 20_000), (100_000, 100_000), (400_000,), (1_000, 200)])
def test_arrays_that_no_event_has_room_for_are_refused_at_save(api, least):
    _, answer = put(api, nested(*least))
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "contradiction")
    assert answer.pointers[0].startswith("/fields/0")


def test_what_is_required_and_has_no_room_in_any_event_is_refused_at_save(api):
    long = {"rules": [{"rule": "min_length", "value": 30_000}], "presence": "required"}
    assert put(api, *(string(n, **long) for n in range(33)))[1].status == 200
    _, answer = put(api, *(string(n, **long) for n in range(34)))
    assert (answer.status, answer.pointers) == (422, ["/fields"])


def test_an_array_that_an_event_has_room_for_is_saved_and_gets_an_example(api):
    path, saved = put(api, nested(300, 300))
    assert saved.status == 200
    assert len(api.call("GET", f"{path}/example").json["example"]["a"]) == 300


def test_an_example_that_would_be_larger_than_an_event_is_not_made(api):
    wide = [{"key": f"s{n}", "type": "STRING", "presence": "optional"} for n in range(300)]
    rules = [{"rule": "min_items", "value": 300_000}]
    path, saved = put(api, {"key": "a", "type": "ARRAY_OBJECT", "rules": rules, "fields": wide})
    assert saved.status == 200
    answer = api.call("GET", f"{path}/example")
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "no_example")


def test_an_example_for_very_many_patterns_ends_at_the_budget(slow_api):
    tree = [string(n, *(f"(?:[a-{x}]{{1,9}}-?){{1,8}}k{n}?" for x in "hijklmnopqrstuvw")) for n in range(40)]
    path, saved = put(slow_api, *tree)
    assert saved.status == 200
    answer = slow_api.call("GET", f"{path}/example")
    assert answer.status == 200 or (answer.code == "too_complex" and answer.pointers[0].startswith("/fields/"))


def test_no_more_than_a_hundred_faults_of_fields_are_looked_for(api):
    wrong = [{"rule": "one_of", "value": [None] * 250}] * 16
    _, answer = put(api, *(string(n, rules=wrong) for n in range(100)))
    assert (answer.status, answer.json["more"], len(answer.json["errors"])) == (422, True, MAX_ERRORS)
    assert answer.json["message"].endswith(" At least 100 more faults.")


@pytest.mark.parametrize(
    "field",
    [
        string(0, rules=[1] * 400_000),
        string(0, rules=[{"rule": "one_of", "value": [None] * 400_000}]),
        string(0, **{f"f{n}": 1 for n in range(200_000)}),
        string(0, rules=[{"rule": "regex", "value": "a", **{f"f{n}": 1 for n in range(200_000)}}]),
        {"key": "a", "type": "OBJECT", "fields": [1] * 400_000},
        {"key": "a", "type": "ARRAY_INT", "presence": "default", "default": [None] * 400_000},
        {"key": "x" * 4_000_000, "type": "INT", "y" * 900_000: 1},
    ],
    ids=["rules", "choices", "fields", "rule fields", "fields", "default", "long"],
)
def test_one_field_with_very_many_faults_costs_no_more_than_one_with_a_hundred(api, field):
    _, answer = put(api, field)
    assert (answer.status, len(answer.json["errors"]) <= MAX_ERRORS) == (422, True)


@pytest.mark.parametrize("fields", [19_000, 60_000])
def test_a_body_with_very_many_unknown_fields_gets_a_hundred_faults_or_none(api, fields):
    raw = json.dumps({f"f{number}": 1 for number in range(fields)} | {"name": "CI"}, separators=(",", ":"))
    answer = api.call("POST", "/v1/tokens", raw=raw, content_type="application/json")
    assert answer.status == 422
    if answer.code == "invalid_request":
        assert (answer.json["more"], len(answer.json["errors"])) == (True, MAX_ERRORS)
    else:
        assert answer.code == "too_complex"


@pytest.mark.parametrize("kind", ["fields", "samples", "both"])
def test_a_large_body_with_very_many_unknown_fields_gets_a_hundred_faults(api, kind):
    unknown = {f"f{number}": 1 for number in range(150_000)} if kind != "samples" else {}
    samples = {"samples": [1] * 90_000} if kind != "fields" else {}
    answer = post_revision(api, **unknown, **samples)
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert len(answer.json["errors"]) <= MAX_ERRORS


def test_a_request_without_a_body_that_gets_one_names_a_hundred_of_its_fields(api):
    revision = api.finalised(api.endpoint())
    answer = api.call("POST", f"/v1/revisions/{revision['id']}/finalise", {f"f{n}": 1 for n in range(9_000)})
    assert (answer.status, answer.json["more"], len(answer.json["errors"])) == (422, True, MAX_ERRORS)


def test_a_field_with_a_very_long_name_is_told_at_the_place_that_it_stands_in(api):
    answer = api.call("POST", "/v1/endpoints", {"name": "x", "y" * 900_000: 1})
    assert (answer.status, answer.pointers) == (422, [""])


def test_bodies_are_bounded_by_what_the_route_needs(api):
    draft = api.draft(api.endpoint(), PRICE)
    room = " " * MAX_V1_BODY_BYTES
    json_type = {"content_type": "application/json"}
    assert api.call("POST", "/v1/endpoints", raw='{"name": "x"}' + room, **json_type).status == 413
    path = f"/v1/revisions/{draft['id']}/fields"
    assert api.call("PUT", path, raw='{"fields": []}' + room, if_match="*", **json_type).status == 200
    room = " " * MAX_V1_LARGE_BODY_BYTES
    assert api.call("PUT", path, raw='{"fields": []}' + room, if_match="*", **json_type).status == 413


def test_hostile_samples_are_refused_before_they_are_parsed(api):
    samples = [{"a": [{}] * 1_700_000}]
    answer = post_revision(api, samples=samples)
    assert (answer.status, answer.code, answer.pointers) == (422, "too_complex", [""])
    assert api.cpu_seconds < 1


def test_samples_with_very_many_keys_are_worked_off_and_their_names_are_not_repeated_in_full(api):
    samples = [{f"k{n}_{m}": {"x" * 500: n} for m in range(80)} for n in range(100)]
    answer = post_revision(api, samples=[{"z": 1}, *samples])
    assert answer.status == 201
    assert answer.json["inference"]["left_out_count"] > MAX_PLACES / 10
    assert len(answer.text) < 2 * MAX_PROBLEM_BYTES


def test_a_comparison_of_the_dearest_rules_ends_in_time(api):
    choices = [f"{n:0>50}" for n in range(200)]
    trees = [
        [
            string(n, *(f"[0-9]{{1,60}}|x{n}y{m}{suffix}" for m in range(8)))
            | {"rules": [{"rule": "regex", "value": f"[0-9]{{1,60}}|x{n}y{m}{suffix}"} for m in range(8)]
               + [{"rule": "one_of", "value": choices}]}
            for n in range(80)
        ]
        for suffix in ("a", "b")
    ]  # fmt: skip
    (before, one), (after, other) = (put(api, *tree) for tree in trees)
    assert (one.status, other.status) == (200, 200)
    answer = api.call("GET", f"{before}/diff/{after.rpartition('/')[2]}")
    assert answer.status == 200 or answer.code == "too_complex"


def test_a_default_that_takes_long_to_try_on_a_pattern_is_refused_before(api):
    pattern = "|".join(["(?:[ab]*a[ab]{900})*"] * 20)
    field = string(0, pattern, presence="default", default="ab" * 15_000)
    _, answer = put(api, field)
    assert (answer.status, answer.code, answer.pointers) == (422, "too_complex", ["/fields/0/default"])


@pytest.mark.parametrize("route", ["example", "json-schema", "diff", "fields", "import", "samples"])
def test_a_budget_that_is_used_up_is_422_with_the_place(route):
    spent = iter(count(0, 1000))
    api = Api()
    draft = api.draft(api.endpoint(), string(1, "[a-z]{3}"))
    path = f"/v1/revisions/{draft['id']}"
    handler = api.serve(spent_seconds=lambda: float(next(spent)))
    api.handler = handler
    revisions = f"/v1/endpoints/{draft['endpoint_id']}/revisions"
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    tree = {"fields": [PRICE]}
    answer, pointer = {
        "example": lambda: (api.call("GET", f"{path}/example"), "/fields/0"),
        "json-schema": lambda: (api.call("GET", f"{path}/json-schema"), "/fields/0"),
        "diff": lambda: (api.call("GET", f"{path}/diff/{draft['id']}"), "/k1"),
        "fields": lambda: (api.call("PUT", f"{path}/fields", tree, if_match="*"), "/fields/0"),
        "import": lambda: (api.call("POST", revisions, {"json_schema": schema}), "/json_schema"),
        "samples": lambda: (api.call("POST", revisions, {"samples": [{"a": 1}]}), "/samples/0"),
    }[route]()  # fmt: skip
    assert (answer.status, answer.code, answer.pointers) == (422, "too_complex", [pointer])


MANY = {f"{number}": {} for number in range(90_000)}
WIDE = {
    "type": "object",
    "$defs": {"many": {"properties": MANY}},
    "properties": {f"k{number}": {"$ref": "#/$defs/many"} for number in range(700)},
}
LONG = {"type": "object", "properties": {"x" * 1_000_000: {"type": "object", "properties": MANY}}}


@pytest.mark.parametrize(
    "work",
    [
        "put(api, nested(20_000, 20_000))",
        pytest.param("api.call('GET', put(api, nested(300, 300))[0] + '/example')", marks=pytest.mark.slow),
        pytest.param(
            "put(api, *(string(n, rules=[{'rule': 'one_of', 'value': [None] * 250}] * 16) for n in range(100)))",
            marks=pytest.mark.slow,
        ),
        "post_revision(api, samples=[{'a': [{}] * 1_700_000}])",
        pytest.param("post_revision(api, samples=[{'a': [[]] * 240_000}])", marks=pytest.mark.slow),
        "post_revision(api, json_schema=WIDE)",
        "post_revision(api, json_schema=LONG)",
        pytest.param("[put(api, string(0, rf'\\p{{L}}{{0,190}}x{{{n}}}')) for n in range(30)]", marks=pytest.mark.slow),
    ],
)
def test_what_a_request_holds_takes_no_more_memory_than_the_function_has(work):
    script = f"""
import resource
from tests.functions.test_management_bounds import *
api = Measured()
resource.setrlimit(resource.RLIMIT_AS, ({1024 * MEBIBYTES}, {1024 * MEBIBYTES}))
{work}
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
