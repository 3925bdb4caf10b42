"""The state machine of redrives as it is deployed: what it may do, and that none of its ends holds an environment."""

import json
import re

import pytest

from tests.infra.templates import listed, statements_of, text_of


@pytest.fixture
def machine(plain):
    machines = plain.properties("service", "AWS::StepFunctions::StateMachine").values()
    (properties,) = [entry for entry in machines if entry["StateMachineName"].endswith("-redrives")]
    return json.loads(text_of(properties["DefinitionString"]))


def test_objects_are_worked_on_some_at_a_time_and_results_go_into_the_bucket(machine):
    each = machine["States"]["Objects"]
    assert each["ItemBatcher"] == {"MaxItemsPerBatch": 10}
    writer = each["ResultWriter"]
    assert writer["Resource"].endswith(":s3:putObject")
    assert writer["Parameters"]["Prefix"] == "redrives/results"
    assert each["ResultPath"] is None


def test_a_run_of_the_map_lives_as_long_as_all_its_tries(machine, plain):
    processor = machine["States"]["Objects"]["ItemProcessor"]
    assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    (work,) = processor["States"].values()
    assert work["Parameters"] == {"step": "work", "batch.$": "$"}
    (retry,) = [row for row in work["Retry"] if row["ErrorEquals"] == ["States.TaskFailed"]]
    functions = plain.properties("service", "AWS::Lambda::Function").values()
    (redrive,) = [entry for entry in functions if entry["FunctionName"].endswith("-redrive")]
    longest = (retry["MaxAttempts"] + 1) * redrive["Timeout"] + retry["MaxAttempts"] * retry["MaxDelaySeconds"]
    assert longest < machine["TimeoutSeconds"]


def test_whatever_ends_an_execution_without_success_ends_its_redrive(plain):
    rules = plain.properties("service", "AWS::Events::Rule").values()
    (rule,) = [entry for entry in rules if "redrives" in entry.get("Description", "") and "EventPattern" in entry]
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}
    (arn,) = map(text_of, pattern["detail"]["stateMachineArn"])
    assert arn.endswith(":stateMachine:ingest-plain-redrives")
    (target,) = rule["Targets"]
    assert "RedriveFunction" in text_of(target["Arn"])
    transformed = target["InputTransformer"]
    ((name, path),) = transformed["InputPathsMap"].items()
    assert path == "$.detail.name"
    assert json.loads(transformed["InputTemplate"].replace(f"<{name}>", '"rdr_1"')) == {
        "step": "fail",
        "redrive_id": "rdr_1",
    }


def test_the_machine_may_write_its_results_alone_and_look_at_its_own_executions(plain):
    allowed = {}
    for role, statement in statements_of(plain):
        if role.startswith("Service/Redrives"):
            for action in listed(statement["Action"]):
                allowed[action] = sorted(map(text_of, listed(statement["Resource"])))
    for action in ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"):
        (results,) = allowed[action]
        assert results.endswith("/redrives/results/*")
    executions = "arn:aws:states:eu-central-1:111122223333:execution:ingest-plain-redrives"
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert allowed[action] == [f"{executions}/*", f"{executions}:*"]
    assert allowed["kms:GenerateDataKey"] == allowed["kms:Decrypt"]
    assert not any(re.search(r"\*$", action) for action in allowed)
