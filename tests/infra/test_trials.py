"""The state machine of trials as it is deployed: it goes on until a trial has ended, and may do nothing else."""

import json

import pytest

from infra.functions.trial import WRITTEN_GROUPS
from schemas.limits import MAX_TRIAL_SECONDS
from tests.infra.templates import listed, statements_of, text_of


@pytest.fixture
def machine(plain):
    machines = plain.properties("service", "AWS::StepFunctions::StateMachine").values()
    (properties,) = [entry for entry in machines if entry["StateMachineName"] == "ingest-plain-trials"]
    return json.loads(text_of(properties["DefinitionString"]))


@pytest.fixture
def function(plain):
    functions = plain.properties("service", "AWS::Lambda::Function").values()
    (found,) = [entry for entry in functions if entry["FunctionName"].endswith("-trial")]
    return found


def test_a_step_follows_the_other_while_the_trial_runs(machine):
    work = machine["States"][machine["StartAt"]]
    assert work["Parameters"] == {"step": "work", "trial_id.$": "$.trial_id"}
    goes_on = machine["States"][work["Next"]]
    (choice,) = goes_on["Choices"]
    assert choice == {"Variable": "$.state", "StringEquals": "running", "Next": machine["StartAt"]}
    assert machine["States"][goes_on["Default"]]["Type"] == "Succeed"


def test_what_a_step_raises_in_the_end_ends_its_trial(machine):
    (caught,) = machine["States"][machine["StartAt"]]["Catch"]
    assert (caught["ErrorEquals"], caught["ResultPath"]) == (["States.ALL"], "$.failure")
    fail = machine["States"][caught["Next"]]
    assert fail["Parameters"] == {"step": "fail", "trial_id.$": "$.trial_id"}
    assert machine["States"][fail["Next"]]["Type"] == "Fail"


def test_an_execution_lives_as_long_as_a_trial_may_work_and_all_tries_of_a_step(machine, function):
    (retry,) = [
        row for row in machine["States"][machine["StartAt"]]["Retry"] if row["ErrorEquals"] == ["States.TaskFailed"]
    ]
    tries = (retry["MaxAttempts"] + 1) * function["Timeout"] + retry["MaxAttempts"] * retry["MaxDelaySeconds"]
    assert MAX_TRIAL_SECONDS + tries < machine["TimeoutSeconds"]


def test_whatever_ends_an_execution_without_success_ends_its_trial(plain):
    rules = plain.properties("service", "AWS::Events::Rule").values()
    (rule,) = [entry for entry in rules if "trials" in entry.get("Description", "") and "EventPattern" in entry]
    detail = rule["EventPattern"]["detail"]
    assert set(detail["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}
    (arn,) = map(text_of, detail["stateMachineArn"])
    assert arn.endswith(":stateMachine:ingest-plain-trials")
    (target,) = rule["Targets"]
    assert "TrialFunction" in text_of(target["Arn"])
    transformed = target["InputTransformer"]
    ((name, path),) = transformed["InputPathsMap"].items()
    assert path == "$.detail.name"
    assert json.loads(transformed["InputTemplate"].replace(f"<{name}>", '"trl_1"')) == {
        "step": "fail",
        "trial_id": "trl_1",
    }


def test_a_trial_sends_and_writes_nothing_but_itself(plain):
    allowed = {}
    for role, statement in statements_of(plain):
        if role.startswith("Service/TrialRole"):
            for action in listed(statement["Action"]):
                allowed.setdefault(action, []).append(statement)
    services = {action.partition(":")[0] for action in allowed}
    assert services <= {"dynamodb", "s3", "states", "kms", "logs"}
    assert {action for action in allowed if action.startswith("s3:")} == {"s3:GetObject", "s3:ListBucket"}
    for statement in allowed["dynamodb:PutItem"]:
        groups = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        assert set(groups) - {"CHUNK#*"} == set(WRITTEN_GROUPS)
    keys = [text_of(resource) for one in allowed["s3:GetObject"] for resource in listed(one["Resource"])]
    assert sorted(key.rpartition("/")[2] if "quarantine" not in key else "quarantine" for key in keys) == [
        "environment=*",
        "environment=*",
        "quarantine",
    ]


def test_a_trial_that_came_to_no_end_raises_an_alarm(plain):
    alarms = plain.properties("service", "AWS::CloudWatch::Alarm").values()
    (alarm,) = [entry for entry in alarms if entry["AlarmName"].endswith("trial-failures")]
    assert (alarm["MetricName"], alarm["Namespace"]) == ("ExecutionsFailed", "AWS/States")
