"""Which modules and packages a function ships, read from its source."""

from pathlib import Path

import pytest

from domain.errors import Misconfigured
from infra.bundles.bundle import LOCK, ROOT
from infra.bundles.imports import closure_of
from infra.bundles.packages import distributions_of, locked


@pytest.fixture
def project(tmp_path):
    def write(**files):
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            for parent in path.parents:
                if parent != tmp_path and parent.is_relative_to(tmp_path):
                    (parent / "__init__.py").touch()
        return tmp_path

    return write


def names(closure):
    return {path.with_suffix("").as_posix() for path in closure.files if path.name != "__init__.py"}


def test_imports_are_followed_through_modules_packages_and_functions(project):
    root = project(
        functions__a__aws="from functions.a import handler\nimport domain.one",
        functions__a__handler="def f():\n    from domain import two\n    import orjson",
        domain__one="from schemas.codes import A",
        domain__two="",
        domain__three="import boto3",
        schemas__codes="import json",
    )
    closure = closure_of("functions.a.aws", root)
    assert names(closure) == {"functions/a/aws", "functions/a/handler", "domain/one", "domain/two", "schemas/codes"}
    assert Path("domain/__init__.py") in closure.files
    assert {"orjson", "json"} <= closure.foreign
    assert "boto3" not in closure.foreign


def test_what_only_a_type_checker_sees_is_left_out(project):
    root = project(
        functions__a__aws="from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import domain.types\nelse:\n    import domain.real",
        domain__types="",
        domain__real="",
    )
    assert names(closure_of("functions.a.aws", root)) == {"functions/a/aws", "domain/real"}


def test_the_services_that_clients_are_made_for_are_known(project):
    root = project(
        functions__a__aws='import boto3\nq = boto3.client("sqs", region_name="x")\nboto3.Session().client("s3")'
    )
    assert closure_of("functions.a.aws", root).services == {"sqs", "s3"}


def test_a_function_without_an_entry_point_is_an_error(project):
    with pytest.raises(FileNotFoundError, match=r"functions\.b\.aws"):
        closure_of("functions.b.aws", project(functions__a__aws=""))


def test_distributions_come_with_what_they_need_on_lambda_and_with_declared_extras():
    found = distributions_of({"boto3", "json", "jwt"}, ROOT, "3.13")
    assert {"boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3"} <= set(found)
    assert {"pyjwt", "cryptography"} <= set(found), "requirements/authorizer.in asks for pyjwt[crypto]"
    assert "pytest" not in found


def test_a_namespace_that_many_packages_share_gives_only_the_one_that_is_imported():
    found = distributions_of({"google.auth", "google.auth.transport"}, ROOT, "3.13")
    assert "google-auth" in found
    assert "google-cloud-bigquery" not in found


def test_a_package_that_is_not_installed_is_an_error_that_names_it():
    with pytest.raises(Misconfigured, match="no_such_package"):
        distributions_of({"no_such_package.part"}, ROOT, "3.13")


def test_pins_carry_hashes_and_a_missing_one_is_an_error():
    text = locked(["orjson"], LOCK)
    assert text.startswith("orjson==")
    assert "--hash=sha256:" in text
    assert text.count("==") == 1
    with pytest.raises(Misconfigured, match="no-such-package"):
        locked(["no-such-package"], LOCK)
