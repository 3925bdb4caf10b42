"""What the functions' roles must and must not be allowed, asked of IAM's own simulator."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from domain.records.keys import audit_group
from functions.bootstrap.handler import TOKEN_SECRET
from infra.verifying.stage import DeployedStage
from ingestctl.doctor.examination import CheckFailed, CheckSkipped

NOBODY_MAY = (
    "iam:CreateRole",
    "iam:PutRolePolicy",
    "kms:ScheduleKeyDeletion",
    "lambda:UpdateFunctionCode",
    "s3:DeleteBucket",
    "dynamodb:DeleteTable",
    "dynamodb:Scan",
)


class Right(NamedTuple):
    """An action of a function on a resource; `leading_key` is of the item in the table, where it is one."""

    function: str
    action: str
    resource: str
    allowed: bool
    leading_key: str | None = None


def rights_of(stage: DeployedStage) -> list[Right]:
    """Return what is asked: a function that is taken over must not reach what is not its business."""
    name, region, account = stage.settings.name, stage.region, stage.account
    admin = f"arn:aws:secretsmanager:{region}:{account}:secret:{stage.settings.secret_prefix}{TOKEN_SECRET}-AbCdEf"
    data = f"arn:aws:s3:::{stage.outputs['DataBucketName']}"
    catalog = f"arn:aws:dynamodb:{region}:{account}:table/{stage.outputs['CatalogTableName']}"
    stream = f"arn:aws:firehose:{region}:{account}:deliverystream/{stage.settings.stream_prefix}env_any-1-1"
    counters = f"arn:aws:dynamodb:{region}:{account}:table/{stage.outputs['CountersTableName']}"
    spill, usage = (f"arn:aws:sqs:{region}:{account}:ingest-{name}-{queue}" for queue in ("spill", "usage"))
    return [
        Right("ingest", "dynamodb:GetItem", catalog, True, "POINTER#env_any"),
        Right("ingest", "dynamodb:GetItem", catalog, False, "ORG#org_any"),
        Right("ingest", "dynamodb:PutItem", catalog, False, "POINTER#env_any"),
        Right("ingest", "firehose:PutRecordBatch", stream, True),
        Right("ingest", "sqs:SendMessage", spill, True),
        Right("ingest", "sqs:SendMessage", usage, True),
        Right("ingest", "dynamodb:UpdateItem", counters, True, "RATE#env_any"),
        Right("ingest", "dynamodb:UpdateItem", counters, False, "USAGE_FOLD"),
        Right("usage_writer", "dynamodb:PutItem", counters, True, "USAGE_SHEETS#0"),
        Right("usage_writer", "dynamodb:PutItem", counters, False, "RATE#env_any"),
        Right("usage_writer", "dynamodb:GetItem", catalog, False, "POINTER#env_any"),
        Right("ingest", "s3:GetObject", f"{data}/environment=any/any.gz", False),
        Right("ingest", "secretsmanager:GetSecretValue", admin, False),
        Right("bigquery_writer", "secretsmanager:GetSecretValue", admin, False),
        Right("provisioner", "secretsmanager:GetSecretValue", admin, False),
        Right("delivered", "dynamodb:PutItem", counters, True, "USAGE_OBJECT#any"),
        Right("delivered", "dynamodb:PutItem", counters, False, "QUARANTINE_OBJECT#any"),
        Right("quarantine_writer", "dynamodb:PutItem", counters, True, "QUARANTINE_OBJECT#any"),
        Right("quarantine_writer", "dynamodb:PutItem", counters, False, "USAGE_OBJECT#any"),
        Right("quarantine_writer", "s3:PutObject", f"{data}/quarantine/any", True),
        Right("quarantine_writer", "s3:PutObject", f"{data}/environment=any/any.gz", False),
        Right("tap_writer", "dynamodb:PutItem", catalog, True, "POINTER#env_any"),
        Right("tap_writer", "dynamodb:PutItem", catalog, False, "ORG#org_any"),
        Right("tap_writer", "dynamodb:GetItem", catalog, False, "TOKEN_HASH#any"),
        Right("authorizer", "dynamodb:PutItem", catalog, False, "ORG#org_any"),
        Right("management", "dynamodb:PutItem", catalog, True, audit_group("org_any")),
        Right("management", "dynamodb:DeleteItem", catalog, False, audit_group("org_any")),
    ]


def check_roles(stage: DeployedStage) -> str:
    """Simulate every right, and for every function what none may."""
    roles = {
        function["FunctionName"].removeprefix(f"ingest-{stage.settings.name}-").replace("-", "_"): function["Role"]
        for function in stage.functions()
    }
    wrong: list[str] = []
    asked = 0
    try:
        for right in rights_of(stage):
            if stage.is_emulated and right.leading_key is not None and not right.allowed:
                continue  # the emulated simulator looks at no condition of a table's keys
            asked += 1
            (decision,) = _simulate(stage, roles[right.function], [right.action], right.resource, right.leading_key)
            if decision[1] != right.allowed:
                wrong.append(f"{right.function} {'may' if decision[1] else 'may not'} {right.action}")
        for name, role in roles.items():
            for action, allowed in _simulate(stage, role, NOBODY_MAY, "*"):
                asked += 1
                if allowed:
                    wrong.append(f"{name} may {action}")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise CheckSkipped(
            f"IAM did not simulate ({code}): it takes the right to iam:SimulatePrincipalPolicy."
        ) from None
    if wrong:
        raise CheckFailed("; ".join(wrong), "Deploy again; if it stays, a policy was changed by hand or is missing.")
    return f"{asked} rights of {len(roles)} roles are as they should be."


def _simulate(
    stage: DeployedStage, role: str, actions: Sequence[str], resource: str, leading_key: str | None = None
) -> list[tuple[str, bool]]:
    context: list[dict[str, Any]] = []
    if leading_key is not None:
        context.append(
            {
                "ContextKeyName": "dynamodb:LeadingKeys",
                "ContextKeyValues": [leading_key],
                "ContextKeyType": "stringList",
            }
        )
    answer = stage.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=list(actions), ResourceArns=[resource], ContextEntries=context
    )
    return [(row["EvalActionName"], row["EvalDecision"] == "allowed") for row in answer["EvaluationResults"]]
