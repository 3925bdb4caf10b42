"""What AWS has to allow so that a warehouse can read an environment's objects, and nothing else."""

import json
import shlex
from typing import Any

from domain.warehouses.engine import Grant, Source


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _reading(source: Source) -> list[dict[str, Any]]:
    """Return the statements that let one read the environment's objects: no prefix but its own can be listed."""
    bucket = f"arn:aws:s3:::{source.bucket}"
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": f"{bucket}/{source.prefix}*",
        },
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": [source.prefix, f"{source.prefix}*"]}},
        },
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": bucket},
    ]


def _decrypting(source: Source) -> list[dict[str, Any]]:
    """Return the statement that lets one read what the deployment's own key has encrypted."""
    if not source.is_managed:
        return []
    return [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": source.key_arn or "<KMS_KEY_ARN>"}]


def read_policy(
    source: Source, who: str = "the role that the warehouse assumes", *, assumes_itself: bool = False
) -> Grant:
    assuming = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": source.role_arn}
    statements = [*_reading(source), *_decrypting(source), *([assuming] if assumes_itself else [])]
    return Grant("policy", f"Permissions of {who}", _policy(*statements))


def trust_policy(title: str, principal: dict[str, Any], condition: dict[str, Any] | None = None) -> Grant:
    """Return who may assume the role."""
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return Grant("trust_policy", title, _policy({**statement, "Condition": condition} if condition else statement))


def web_identity_policy(title: str, issuer: str, subject: str) -> Grant:
    """Return a trust policy for an identity of another provider."""
    return Grant(
        "trust_policy",
        title,
        _policy(
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": issuer},
                "Condition": {"StringEquals": {f"{issuer}:sub": subject}},
            }
        ),
    )


def managed_bucket_policy(source: Source) -> list[Grant]:
    """Return what the deployment's operator adds to the deployment's own bucket; nothing for a bucket of yours."""
    if not source.is_managed:
        return []
    principal = {"AWS": source.role_arn}
    reading = [{**statement, "Principal": principal} for statement in _reading(source)]
    decrypting = [{**statement, "Principal": principal, "Resource": "*"} for statement in _decrypting(source)]
    return [
        Grant(
            "bucket_policy",
            "Statements that the deployment's operator adds to the bucket's policy, if the role is in another account",
            _policy(*reading),
        ),
        Grant(
            "key_policy",
            "Statement that the deployment's operator adds to the policy of the bucket's key, in that case too",
            _policy(*decrypting),
        ),
    ]


def notification_command(source: Source, queue_arn: str) -> Grant:
    """Return the command that tells a queue of new objects."""
    rule = {
        "QueueConfigurations": [
            {
                "Id": source.environment_id,
                "QueueArn": queue_arn,
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": source.prefix}]}},
            }
        ]
    }
    command = (
        f"aws s3api put-bucket-notification-configuration --bucket {shlex.quote(source.bucket)} "
        f"--notification-configuration {shlex.quote(json.dumps(rule))}"
    )
    title = "Event notification of the bucket. It replaces all others: merge those that are there"
    return Grant("command", title, command=command)
