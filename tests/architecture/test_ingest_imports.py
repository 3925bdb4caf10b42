"""What a cold start of the ingest function loads: every module of it is time that the first visitor waits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.function_settings import variables_from_settings
from functions.ingest.settings import IngestSettings
from infra.bundles.bundle import Target, bundle_of
from infra.bundles.joining import BEFORE_IT

ROOT = Path(__file__).parents[2]

STAGES = """
import json, os, sys

def loaded():
    return sorted(sys.modules)

import functions.ingest.handler
stages = {"handler": loaded()}

from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.validation.revision import CompiledRevision

def compiled(macro):
    macro_field = {"key": "a", "type": "STRING", "presence": "macro", "macro": macro}
    rule = {"rule": "regex", "value": "[a-z]+"}
    fields = [macro_field, {"key": "b", "type": "STRING", "presence": "optional", "rules": [rule]}]
    return CompiledRevision({"revision_id": "r", "additional_keys": "drop", "fields": fields})

revision = compiled("user_ip")
for text in (b'{"b": "x"}', b'[{"b": "x"}, {"b": 1}]', b'{"b": '):
    read_events(revision, EventTexts("json", text))
stages["events"] = loaded()
from tests.ingest_world import World
world = World()
environment_id = world.add_environment()
world.post(environment_id, {"name": "view"})
world.post(environment_id, {"name": 7})
world.get(environment_id, {"name": "view"})
world.request("OPTIONS", environment_id)
stages["native requests"] = loaded()
world.post(f"{environment_id}/v1/track", {"event": "Opened"})
stages["a request of Segment"] = loaded()
compiled("page_domain")
stages["page_domain"] = loaded()
compiled("browser_name")
stages["browser_name"] = loaded()
before_aws = set(sys.modules)
import functions.ingest.aws
stages["aws"] = sorted(set(sys.modules) - before_aws)
print(json.dumps(stages))
"""

FOREIGN = {"msgspec", "orjson", "pydantic_core"}
"""The only packages besides the standard library."""

FORBIDDEN = {
    "pydantic",
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "starlette",
    "re2",
    "jsonschema",
    "sqlite3",
    "asyncio",
    "http.server",
    "http.client",
    "email",
    "encodings.idna",
    "requests",
    "urllib3",
    "ua_parser",
    "publicsuffixlist",
}

AWS_ENTRY = {
    "adapters.aws_http.aws_roots",
    "adapters.aws_http.client",
    "adapters.aws_http.connection",
    "adapters.aws_http.credentials",
    "adapters.aws_http.endpoint",
    "adapters.aws_http.pool",
    "adapters.aws_http.secret",
    "adapters.aws_http.signing",
    "adapters.aws_http.trust",
    "adapters.dynamodb.call",
    "adapters.dynamodb.definition",
    "adapters.dynamodb.encoding",
    "adapters.dynamodb.rates",
    "adapters.dynamodb.reading",
    "adapters.dynamodb.signed_calls",
    "adapters.dynamodb.unknown_keys",
    "adapters.firehose.records",
    "adapters.sqs.messages",
    "domain.chance",
    "functions.ingest.aws",
    "functions.ingest.composing",
    "functions.ingest.joined_modules",
    "functions.ingest.late_modules",
    "functions.ingest.settings",
}
"""What the composition for Lambda adds to the handler, packages of one level aside."""


SETTING_VARIABLES = variables_from_settings(
    IngestSettings(
        "catalog",
        "counters",
        "https://queue/spill",
        "https://queue/quarantine",
        "https://queue/taps",
        "https://queue/usage",
        "secret",
    )
)


@pytest.fixture(scope="module")
def stages():
    environment = {**os.environ, **SETTING_VARIABLES, "AWS_REGION": "eu-central-1"}
    run = subprocess.run(
        [sys.executable, "-c", STAGES], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return {stage: set(modules) for stage, modules in json.loads(run.stdout).items()}


START = """
import json, sys
before = set(sys.modules)
import functions.ingest.aws
late = [name for name, module in sys.modules.items() if type(module).__name__ == "_Late"]
print(json.dumps({"late": late, "loaded": sorted(set(sys.modules) - before - set(late))}))
"""

TO_BE_LOADED = ROOT / "tests" / "data" / "ingest_start.txt"
"""Our modules that a start loads, one a line: each takes some 0.1 ms and more."""

PUT_OFF = {
    "ast",
    "bisect",
    "copy",
    "decimal",
    "dis",
    "fractions",
    "http",
    "inspect",
    "ipaddress",
    "logging",
    "pathlib",
    "platform",
    "pydantic_core",
    "pydantic_core._pydantic_core",
    "pydantic_core.core_schema",
    "random",
    "string",
    "textwrap",
    "tokenize",
    "traceback",
    "typing_extensions",
    "urllib.parse",
    "uuid",
    "weakref",
}
"""What a start loaded once, or would as soon as anything imports it, and what no request of an ordinary event needs."""


@pytest.fixture(scope="module")
def start_in():
    """Returns what a script prints in a fresh process that starts as on Lambda, in a folder."""
    environment = {"PATH": os.environ["PATH"], **SETTING_VARIABLES, "AWS_REGION": "eu-central-1"}

    def start(folder, script):
        run = subprocess.run(
            [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    return start


@pytest.fixture(scope="module")
def start(start_in):
    """What a fresh process loads that starts as on Lambda."""
    return start_in(ROOT, START)


def test_a_start_loads_of_ours_what_is_written_down_and_nothing_else(start):
    packages_of_ours = {"schemas", "domain", "adapters", "functions"}
    ours = [name for name in start["loaded"] if name.partition(".")[0] in packages_of_ours]
    assert ours == TO_BE_LOADED.read_text().split()


JOINED = """
import json, sys
import functions.ingest.aws
loaders = {name: type(getattr(module, "__loader__", None)).__name__ for name, module in sys.modules.items()}
print(json.dumps([name for name, loader in loaders.items() if loader == "_JoinedModules"]))
"""


def test_a_start_out_of_a_bundle_loads_the_same_out_of_one_file(start_in, tmp_path):
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    bundle_of("ingest", Target(python, "x86_64")).put_ours(tmp_path)
    before_it = {name_of(path) for path in BEFORE_IT}
    assert set(start_in(tmp_path, JOINED)) == set(TO_BE_LOADED.read_text().split()) - before_it


def name_of(path):
    return path.with_suffix("").as_posix().removesuffix("/__init__").replace("/", ".")


def test_a_start_loads_nothing_that_was_put_off(start, before):
    assert PUT_OFF & (set(start["loaded"]) - before) == set()
    assert {"dataclasses"} - before == set(start["late"])


STRANGERS = """
import functions.ingest.aws
import json, sys
assert "uuid" not in sys.modules
from dataclasses import InitVar, asdict, dataclass, field, fields
from typing import ClassVar
import orjson, uuid

@dataclass
class Point:
    x: int
    there: ClassVar[int] = 1
    given: InitVar[int] = 2
    names: list[str] = field(default_factory=list)

try:
    written = orjson.dumps(uuid.uuid4()).decode()
except TypeError as error:
    written = None
print(json.dumps([[one.name for one in fields(Point)], asdict(Point(7)), orjson.dumps(Point(7)).decode(), written]))
"""


def test_after_a_start_dataclasses_are_written_as_ever_and_no_uuid_is(start_in):
    names, members, point, uuid = start_in(ROOT, STRANGERS)
    assert names == ["x", "names"]
    assert members == json.loads(point) == {"x": 7, "names": []}
    assert uuid is None


@pytest.fixture(scope="module")
def before():
    """What an interpreter loads by itself, path files of installed packages included."""
    script = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def packages(modules):
    return {name.partition(".")[0] for name in modules}


def test_the_handler_loads_no_model_layer_no_sdk_and_no_oracle(stages, before):
    for stage in ("handler", "events"):
        assert FORBIDDEN & (stages[stage] - before) == set()
        assert FORBIDDEN & (packages(stages[stage]) - packages(before)) == set()


def test_the_handler_loads_hardly_a_package_besides_the_standard_library(stages, before):
    ours = {"schemas", "domain", "adapters", "functions"}
    standard = set(sys.stdlib_module_names) | {"__main__"}
    assert packages(stages["events"] - before) - ours - standard == FOREIGN


def test_the_handler_loads_only_what_a_request_touches_of_ours(stages):
    loaded = stages["events"]
    assert {name for name in loaded if name.startswith("schemas.models")} == set()
    unwanted = ("domain.catalog", "domain.access", "domain.records", "domain.language")
    assert {name for name in loaded if name.startswith(unwanted)} == set()
    assert {name for name in loaded if name.startswith("adapters.")} == {"adapters.http_event"}
    assert {name for name in loaded if name.startswith("functions.")} == {
        "functions.ingest",
        "functions.ingest.handler",
    }
    assert {name for name in loaded if name.startswith("local")} <= {"locale"}


def test_the_entry_on_aws_adds_no_package_and_only_what_reaches_aws(stages, before):
    added = stages["aws"]
    assert FORBIDDEN & added == set()
    ours = {name for name in added if name.partition(".")[0] in {"schemas", "domain", "adapters", "functions", "local"}}
    assert packages(added - ours - before) <= set(sys.stdlib_module_names)
    assert {name for name in ours if name.count(".") > 1 or not name.startswith("adapters")} == AWS_ENTRY
    assert {name for name in ours if name.startswith("adapters.") and name.count(".") == 1} == {
        "adapters.aws_codes",
        "adapters.aws_http",
        "adapters.dynamodb",
        "adapters.firehose",
        "adapters.function_settings",
        "adapters.lambda_lifecycle",
        "adapters.sqs",
        "adapters.tallies",
    }


def test_native_requests_load_nothing_of_other_protocols(stages):
    ours = (
        "domain.protocols",
        "domain.intake.protocol_ids",
        "domain.intake.protocol_reading",
        "domain.intake.protocol_request",
        "domain.intake.sent_body",
        "domain.intake.translated_texts",
        "domain.intake.write_keys",
    )
    assert {name for name in stages["native requests"] if name.startswith(ours)} == set()


def test_a_request_of_a_protocol_loads_that_one_alone(stages):
    added = {name for name in stages["a request of Segment"] - stages["native requests"] if name.startswith("domain")}
    assert added - {"domain.msgspec_core"} == {
        "domain.intake.protocol_ids",
        "domain.intake.protocol_reading",
        "domain.intake.protocol_request",
        "domain.intake.sent_body",
        "domain.intake.translated_texts",
        "domain.intake.write_keys",
        "domain.protocols",
        "domain.protocols.routes",
        "domain.protocols.segment",
        "domain.protocols.shared",
        "domain.protocols.shared.loading",
        "domain.protocols.shared.making",
        "domain.protocols.shared.members",
        "domain.protocols.shared.reading",
        "domain.protocols.shared.shape",
        "domain.protocols.shared.times",
        "domain.protocols.shared.writing",
    }


def test_rules_for_macros_are_loaded_by_the_first_revision_that_needs_them(stages):
    assert {"ua_parser", "publicsuffixlist"} & packages(stages["events"]) == set()
    assert {"ua_parser", "publicsuffixlist"} & packages(stages["page_domain"]) == {"publicsuffixlist"}
    assert {"ua_parser", "publicsuffixlist"} & packages(stages["browser_name"]) == {"ua_parser", "publicsuffixlist"}
