"""Names in destinations: of buckets, roles, data sets and the rest, by the rules of the vendors whose they are."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.limits import MAX_KEY_CHARS

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_PATTERN = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")
PREFIX_PATTERN = r"^([A-Za-z0-9_.=-]+/)*$"
REGION_PATTERN = r"^[a-z]{2}(-[a-z]{1,20}){1,3}-[0-9]{1,2}$"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
ROLE_ARN_PATTERN = (
    r"^arn:aws(-[a-z]{1,10}){0,3}:iam::[0-9]{12}:role/([A-Za-z0-9+=,.@_-]{1,510}/){0,20}[A-Za-z0-9+=,.@_-]{1,64}$"
)
MAX_ROLE_ARN_CHARS = 640
# https://cloud.google.com/resource-manager/docs/creating-managing-projects
PROJECT_PATTERN = (
    r"^(([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$"
)
# https://cloud.google.com/bigquery/docs/datasets#dataset-naming
DATASET_PATTERN = r"^[A-Za-z0-9_]{1,1024}$"
TABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
# Engines differ in whether capitals mean anything.
LAKE_TABLE_PATTERN = r"^[a-z_][a-z0-9_]{0,127}$"
LOCATION_PATTERN = r"^[A-Za-z]{2,20}(-[a-z0-9]{1,20}){0,3}$"
AUDIENCE_PATTERN = (
    r"^//iam\.googleapis\.com/projects/[0-9]{1,20}/locations/global"
    r"/workloadIdentityPools/[a-z0-9-]{1,64}/providers/[a-z0-9-]{1,64}$"
)
IMPERSONATION_PATTERN = (
    r"^https://iamcredentials\.googleapis\.com/v1/projects/-/serviceAccounts/[A-Za-z0-9@.-]{1,200}:generateAccessToken$"
)
CLIENT_EMAIL_PATTERN = r"^[A-Za-z0-9._-]{1,100}@[A-Za-z0-9.-]{1,200}$"

PATTERN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        BUCKET_PATTERN: "Must be the name of a bucket, such as `my-events`.",
        PREFIX_PATTERN: "Must be empty, or a path of letters, digits, `_`, `.`, `=` and `-` that ends with `/`.",
        REGION_PATTERN: "Must be an AWS region, such as `eu-west-1`.",
        ROLE_ARN_PATTERN: "Must be the ARN of a role, such as `arn:aws:iam::123456789012:role/ingest`.",
        PROJECT_PATTERN: "Must be the id of a Google Cloud project.",
        DATASET_PATTERN: "Must have letters, digits and `_` only.",
        TABLE_PATTERN: "Must be 1 to 128 letters, digits and `_`, and not start with a digit.",
        LAKE_TABLE_PATTERN: "Must be 1 to 128 small letters, digits and `_`, and not start with a digit.",
        LOCATION_PATTERN: "Must be a location of BigQuery, such as `EU` or `europe-west3`.",
        AUDIENCE_PATTERN: "Must be the full name of a provider of a workload identity pool.",
        IMPERSONATION_PATTERN: "Must be the address at which Google hands out tokens of a service account.",
        CLIENT_EMAIL_PATTERN: "Must be the e-mail address of a service account.",
    }
)
"""What is said to who breaks a pattern of this module."""


def _check_bucket(value: str) -> str:
    is_address = _IPV4.fullmatch(value) is not None
    if (
        is_address
        or value.startswith(_BUCKET_PREFIXES)
        or value.endswith(_BUCKET_SUFFIXES)
        or any(part in value for part in ("..", ".-", "-."))
    ):
        raise PydanticCustomError("destination", f"{PATTERN_WORDS[BUCKET_PATTERN]} S3 accepts no bucket of this name.")
    return value


def _check_prefix(value: str) -> str:
    if not {".", ".."}.isdisjoint(value.split("/")):
        raise PydanticCustomError("destination", "Must hold no part that is `.` or `..`.")
    return value


def _check_true(value: bool) -> bool:
    if not value:
        raise PydanticCustomError("destination", "Must be true, or left out beside a bucket of yours.")
    return value


# A literal would take 1 for true.
Managed = Annotated[bool, AfterValidator(_check_true), WithJsonSchema({"type": "boolean", "const": True})]
Bucket = Annotated[str, StringConstraints(pattern=BUCKET_PATTERN), AfterValidator(_check_bucket)]
Prefix = Annotated[str, StringConstraints(max_length=200, pattern=PREFIX_PATTERN), AfterValidator(_check_prefix)]
Region = Annotated[str, StringConstraints(pattern=REGION_PATTERN)]
RoleArn = Annotated[str, StringConstraints(max_length=MAX_ROLE_ARN_CHARS, pattern=ROLE_ARN_PATTERN)]
Project = Annotated[str, StringConstraints(max_length=100, pattern=PROJECT_PATTERN)]
Dataset = Annotated[str, StringConstraints(pattern=DATASET_PATTERN)]
Location = Annotated[str, StringConstraints(pattern=LOCATION_PATTERN)]
Mode = Literal["stream", "load"]
Partitioning = Literal["HOUR", "DAY"]
Table = Annotated[str, StringConstraints(pattern=TABLE_PATTERN)]
LakeTable = Annotated[str, StringConstraints(pattern=LAKE_TABLE_PATTERN)]
FieldKey = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY_CHARS)]
ShortText = Annotated[str, StringConstraints(max_length=500)]
