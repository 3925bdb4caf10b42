"""Each function's bundle runs by itself, holds what it imports, and has a hash that changes with nothing else."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import replace

import pytest

from functions.ingest.joined_modules import joined_file, read_joined
from infra.bundles import bundle as bundles
from infra.bundles.bundle import Target, bundle_of, cache_folder
from infra.bundles.imports import OURS
from infra.functions import FUNCTIONS
from tests.infra.conftest import PLAIN
from tests.infra.templates import text_of

HERE = Target(
    f"{sys.version_info.major}.{sys.version_info.minor}",
    "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64",
)
TAG = sys.implementation.cache_tag
MB = 1_000_000
MOST_MB = {
    "ingest": 9,  # 5.0 of them for patterns, 0.44 for reading JSON by types
    "management": 60,
    "authorizer": 30,
    "bigquery_writer": 90,
    "lake_writer": 200,
    "provisioner": 38,
    "redrive": 25,
    "trial": 25,
}
"""What a bundle may weigh unzipped, in MB; 15 for those that are not named."""

IMPORT = """
import json, sys
sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]
sys.path.insert(0, sys.argv[1])
import importlib
module = importlib.import_module(sys.argv[2])
assert callable(module.handler)
files = [getattr(found, "__file__", None) or "" for found in sys.modules.values()]
print(json.dumps([path for path in files if "site-packages" in path and not path.startswith(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def variables(synthesize):
    """The environment variables of every function, with names in the place of what they refer to."""
    found = synthesize(replace(PLAIN, lake=True)).properties("service", "AWS::Lambda::Function").values()
    return {
        properties["Handler"].split(".")[1]: {
            name: text_of(value) for name, value in properties.get("Environment", {}).get("Variables", {}).items()
        }
        for properties in found
    }


@pytest.mark.skipif(sys.platform != "linux", reason="bundles are for Linux, as Lambda is")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_runs_with_nothing_but_itself_and_weighs_what_it_may(function, variables):
    bundle = bundle_of(function, HERE)
    folder = bundle.build(cache_folder())
    assert json.loads(ran(IMPORT, folder, bundle.entry, variables)) == []
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert size <= MOST_MB.get(function, 15) * MB
    assert {path.as_posix() for path in bundle.closure.files} == compiled_in(folder), "all of it, and once"
    assert list(folder.rglob("modules.*.bin")) == ([folder / joined_file(TAG)] if function == "ingest" else [])
    assert not (folder / "functions" / ("ingest" if function != "ingest" else "management")).exists()


def compiled_in(folder):
    alone = [
        (path.parents[1] / path.name.replace(f".{TAG}.pyc", ".py")).relative_to(folder).as_posix()
        for name in OURS
        for path in (folder / name).rglob("__pycache__/*.pyc")
    ]
    joined = [path for file in folder.rglob("modules.*.bin") for path, _ in read_joined(file.read_bytes()).values()]
    assert not set(alone) & set(joined)
    return {*alone, *joined}


EVERY_PART = """
import sys
sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry]
sys.path.insert(0, sys.argv[1])
from importlib import import_module
for name in sys.argv[2:]:
    import_module(name)

from domain.intake.events import read_events
from domain.intake.payload import EventTexts
from domain.validation.revision import CompiledRevision

macros = ("page_domain", "browser_name")
fields = [{"key": name, "type": "STRING", "presence": "macro", "macro": name} for name in macros]
rule = {"rule": "regex", "value": "[a-z]+"}
fields.append({"key": "a", "type": "STRING", "presence": "required", "rules": [rule]})
revision = CompiledRevision({"revision_id": "r", "additional_keys": "drop", "fields": fields})
for text in (b'{"a": "x"}', b'[{"a": "X"}, {"b": 1}]', b'{"a": '):
    read_events(revision, EventTexts("json", text))
from domain.completion.user_agents import load_browser_parser, load_device_parser, load_system_parser
agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile Safari/604.1"
found = [load()(agent).name for load in (load_browser_parser, load_system_parser, load_device_parser)]
assert found == ["Mobile Safari", "iOS", "iPhone"], found
assert "pydantic_core._pydantic_core" in sys.modules and "msgspec._core" in sys.modules
"""


@pytest.mark.skipif(sys.platform != "linux", reason="bundles are for Linux, as Lambda is")
def test_ingest_has_all_that_its_parts_load_late(variables):
    bundle = bundle_of("ingest", HERE)
    modules = [path.with_suffix("").as_posix().replace("/", ".") for path in bundle.closure.files]
    ran(EVERY_PART, bundle.build(cache_folder()), bundle.entry, variables, *modules)


def ran(script, folder, entry, variables, *arguments):
    function = entry.split(".")[1]
    environment = {
        **variables[function],
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script, str(folder), entry, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what bundles read of the project, for changes."""
    import shutil

    root = tmp_path / "project"
    for name in ("schemas", "domain", "adapters", "connectors", "functions", "requirements"):
        if (bundles.ROOT / name).exists():
            shutil.copytree(bundles.ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(bundles, "ROOT", root)
    return root


def digests():
    return {function: bundle_of(function, HERE).digest for function in FUNCTIONS}


def test_a_hash_changes_with_what_a_function_imports_and_with_nothing_else(project):
    before = digests()
    assert before == digests()
    assert len(set(before.values())) == len(FUNCTIONS)
    for path in (project / "domain" / "catalog").rglob("*.py"):
        if path.name != "__init__.py":
            path.write_text(path.read_text() + "\n# Something else.\n")
    after = digests()
    assert after["ingest"] == before["ingest"], "no decision of the catalog is shipped with ingest"
    assert after["provisioner"] != before["provisioner"]
    codes = project / "schemas" / "codes.py"
    codes.write_text(codes.read_text() + "\n# Something else.\n")
    assert digests()["ingest"] != before["ingest"]


def test_a_hash_changes_with_the_python_and_the_processor():
    found = {
        bundle_of("ingest", Target(python, kind)).digest for python in ("3.12", "3.13") for kind in ("arm64", "x86_64")
    }
    assert len(found) == 4


def test_ingest_ships_no_sdk_no_models_and_no_connector():
    bundle = bundle_of("ingest", HERE)
    assert set(bundle.distributions) == {
        "msgspec",
        "orjson",
        "publicsuffixlist",
        "pydantic-core",
        "typing-extensions",
        "ua-parser",
        "ua-parser-builtins",
    }
    paths = [path.as_posix() for path in bundle.closure.files]
    assert not [path for path in paths if path.startswith(("connectors/", "domain/catalog/", "schemas/models/"))]
