"""Redshift: a copy job loads each new object, and a view makes typed rows of it.

https://docs.aws.amazon.com/redshift/latest/dg/r_COPY-JOB.html
https://docs.aws.amazon.com/redshift/latest/dg/loading-data-copy-job.html
"""

from collections.abc import Sequence
from hashlib import sha256

from domain.warehouses.columns import Change, Column
from domain.warehouses.engine import ACCOUNT, KEPT_NOTE, Engine, Grant, Script, Source
from domain.warehouses.grants import read_policy, trust_policy
from domain.warehouses.quoting import double_quoted, literal
from schemas.data_types import DataType
from schemas.stamps import EVENT_ID, RECEIVED_AT

_TYPED = {
    DataType.STRING: "{}::VARCHAR(65535)",
    DataType.INT: "CASE WHEN IS_BIGINT({}) THEN {}::BIGINT END",
    DataType.FLOAT: "CASE WHEN JSON_TYPEOF({}) = 'number' THEN {}::DOUBLE PRECISION END",
    DataType.BOOLEAN: "CASE WHEN IS_BOOLEAN({}) THEN {}::BOOLEAN END",
    DataType.DATE: "TRY_CAST({}::VARCHAR AS DATE)",
    DataType.DATETIME: "TRY_CAST({}::VARCHAR AS TIMESTAMP)",
    DataType.TIMESTAMP: "TRY_CAST({}::VARCHAR AS TIMESTAMPTZ)",
    DataType.JSON: "{}",
    DataType.OBJECT: "{}",
}
_SECONDS = "CASE WHEN IS_BIGINT({}) THEN (TIMESTAMP 'epoch' + {}::BIGINT * INTERVAL '1 second') AT TIME ZONE 'UTC' END"
_MAX_NAME = 127
_DIGEST_CHARS = 8


def create(source: Source, columns: Sequence[Column]) -> Script:
    raw = double_quoted(source.raw_table)
    region = f"\nREGION {literal(source.region)}" if source.region else ""
    return Script(
        [
            f"CREATE TABLE IF NOT EXISTS {raw} (event SUPER)",
            (
                f"COPY {raw}\nFROM {literal(source.url)}\nIAM_ROLE {literal(source.role_arn)}{region}\n"
                f"FORMAT JSON 'noshred'\nGZIP\nJOB CREATE {double_quoted(source.table + '_job')} AUTO ON"
            ),
            (
                f"COPY {raw}\nFROM {literal(source.url)}\nIAM_ROLE {literal(source.role_arn)}{region}\n"
                "FORMAT JSON 'noshred'\nGZIP"
            ),
            *_typed(source, columns),
        ],
        check=_check(source),
        grants=[
            read_policy(source),
            trust_policy(
                f"Trust policy of the role {source.role_name}; associate the role with the cluster or namespace",
                {"Service": ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]},
            ),
            *_integration(source),
        ],
        notes=[
            (
                "Fill in <AWS_ACCOUNT_ID>. Make the S3 event integration before you run the script: the job needs it. "
                "In the resource policy of the cluster or namespace, authorize the bucket as an integration source."
            ),
            (
                "Redshift runs COPY … JOB CREATE outside of a transaction only. The job loads objects that arrive from "
                "then on, the COPY after it those that were there. What both load is one row of the view."
            ),
            (
                f"{source.table} has each _event_id once. What was loaded stays in {source.raw_table}, one row for "
                "each delivered line."
            ),
            (
                "The view reads the raw rows at every query. If that is too slow, keep its result in a table or a "
                "materialized view."
            ),
            (
                "A text of over 65,535 bytes is cut by the view, and whole in the raw table. A value that does not fit "
                "its column's type is NULL. Arrays and objects are SUPER."
            ),
            f"Names have at most {_MAX_NAME} bytes: longer ones are cut and end in {_DIGEST_CHARS} digits of a hash.",
        ],
    )


def change(source: Source, difference: Change) -> Script:
    return Script(
        _typed(source, difference.after),
        _check(source),
        grants=[],
        notes=[
            "The copy job goes on loading. The view shows all raw rows with the types of the later revision.",
            "Views that depend on this one have to be dropped before, and made again.",
            KEPT_NOTE,
        ],
    )


ENGINE = Engine("redshift", "Amazon Redshift", create, change, max_columns=1_600, needs_own_bucket=True)


def _check(source: Source) -> str:
    newest = double_quoted(RECEIVED_AT)
    return f"SELECT COUNT(*) AS events, MAX({newest}) AS newest\nFROM {double_quoted(source.table)}"


def _typed(source: Source, columns: Sequence[Column]) -> list[str]:
    view = double_quoted(source.table)
    selected = ",\n".join(f"  {_value(column)} AS {double_quoted(short_name(column.name))}" for column in columns)
    event_id, received_at = (f"event.{double_quoted(name)}::VARCHAR" for name in (EVENT_ID, RECEIVED_AT))
    return [
        f"DROP VIEW IF EXISTS {view}",
        (
            f"CREATE VIEW {view} AS\nSELECT\n{selected}\nFROM {double_quoted(source.raw_table)}\n"
            f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {event_id} ORDER BY {received_at}) = 1"
        ),
    ]


def _value(column: Column) -> str:
    pattern = "{}" if column.is_array else _SECONDS if column.in_seconds else _TYPED[column.type]
    return pattern.replace("{}", f"event.{double_quoted(column.name)}")


def short_name(name: str) -> str:
    """Return a name as Redshift can hold it."""
    if len(name) <= _MAX_NAME:
        return name
    return f"{name[: _MAX_NAME - _DIGEST_CHARS - 1]}_{sha256(name.encode()).hexdigest()[:_DIGEST_CHARS]}"


def _integration(source: Source) -> list[Grant]:
    """Return what lets Redshift hear of new objects, and the command that makes it."""
    bucket = f"arn:aws:s3:::{source.bucket}"
    region = source.region or "<REGION>"
    actions = ["s3:GetBucketNotification", "s3:PutBucketNotification", "s3:GetBucketLocation"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "redshift.amazonaws.com"},
                "Action": actions,
                "Resource": bucket,
                "Condition": {
                    "StringLike": {"aws:SourceArn": f"arn:aws:redshift:{region}:{ACCOUNT}:integration:*"},
                    "StringEquals": {"aws:SourceAccount": ACCOUNT},
                },
            }
        ],
    }
    name = "".join(char if char.isalnum() else "-" for char in source.environment_id)
    command = (
        f"aws redshift create-integration --integration-name {name} --source-arn {bucket} "
        "--target-arn '<REDSHIFT_NAMESPACE_ARN>'"
    )
    return [
        Grant("bucket_policy", "Policy of the bucket, so that Redshift hears of new objects", policy),
        Grant("command", "S3 event integration of the bucket", command=command),
    ]
