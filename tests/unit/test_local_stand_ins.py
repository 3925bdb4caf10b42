"""On one machine a check says what was not tested, and passes nothing that only a stand-in has passed."""

from dataclasses import replace

from connectors.s3.connector import S3Connector
from domain.delivery.connectors import CheckStep, failed_step
from local.standing_in import EMULATOR, FOLDER, NO_ROLE, StandingIn
from tests.bigquery_double import TARGET
from tests.destinations import BUCKET, FakeConnector
from tests.landed import MemoryObjects


def folder():
    return StandingIn(S3Connector(lambda _: MemoryObjects(), {"landing"}), FOLDER, {"role": NO_ROLE})


def test_a_bucket_that_is_a_folder_proves_neither_role_nor_bucket():
    assert folder().check(replace(TARGET, destination=BUCKET)) == [
        CheckStep("role", NO_ROLE, "not_tested"),
        CheckStep("write", FOLDER, "not_tested"),
    ]


def test_what_fails_with_a_stand_in_has_failed():
    (step,) = folder().check(replace(TARGET, destination={**BUCKET, "bucket": "landing"}))
    assert step.state == "failed"


def test_of_the_deployments_own_bucket_nothing_is_untested():
    assert folder().check(replace(TARGET, destination={"type": "s3", "managed": True})) == []


def test_an_emulator_proves_nothing_of_bigquery():
    steps = StandingIn(FakeConnector(has_tables=True), EMULATOR).check(TARGET)
    assert {(step.state, step.reason) for step in steps} == {("not_tested", EMULATOR)}
    refusing = FakeConnector(has_tables=True)
    refusing.reason = "The quota is used up."
    assert StandingIn(refusing, EMULATOR).check(TARGET)[-1] == failed_step("write", "The quota is used up.")
