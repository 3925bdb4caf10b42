"""What each engine's module has to offer, and what it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.warehouses.columns import Change, Column


@dataclass(frozen=True, slots=True)
class OwnBucket:
    """The deployment's own bucket.

    `folder` is where buckets are folders of this machine, and `lake_catalog` the file that lists the tables of lakes.
    `lake_databases` is what the names of managed lakes' databases start with; an organisation's id follows.
    """

    name: str
    region: str | None = None
    key_arn: str | None = None
    folder: str | None = None
    lake_catalog: str | None = None
    lake_databases: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an environment's objects are, and what their table is called.

    `prefix` ends with `environment=<id>/`. `region` is the bucket's, None where no one knows it. `since` is the first
    day that may have objects. `key_arn` is that of the key of a managed bucket. `folder` is where buckets are folders
    of this machine, without a slash at its end.
    """

    environment_id: str
    revision_id: str
    table: str
    bucket: str
    prefix: str
    region: str | None
    since: str
    is_managed: bool = False
    key_arn: str | None = None
    folder: str | None = None

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def raw_table(self) -> str:
        """Where the lines are as they were delivered, for engines that keep them."""
        return f"{self.table}_raw"

    @property
    def rows_table(self) -> str:
        """Where the typed rows are with their repeats, for engines that tell them apart when they are read."""
        return f"{self.table}_rows"

    @property
    def role_name(self) -> str:
        return f"{self.table[:40].rstrip('_')}_reader"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role_name}"


ACCOUNT = "<AWS_ACCOUNT_ID>"
"""Stands in scripts and policies for the account that the reading role is in."""


class Grant(NamedTuple):
    """Something that has to be allowed or set up on AWS.

    `kind`: `policy`, `trust_policy`, `bucket_policy`, `key_policy` or `command`. `document` is the policy; `command` is
    for a shell.
    """

    kind: str
    title: str
    document: dict[str, Any] | None = None
    command: str | None = None


class Script(NamedTuple):
    """What to paste, and what to know about it."""

    statements: list[str]
    """Each without its semicolon."""
    check: str
    """A query that shows what was loaded: rows, events and the newest arrival."""
    grants: list[Grant]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Engine:
    """One warehouse: its name in the API, what people call it, and its scripts.

    `create` makes the table; `change` takes it from one revision to another. `max_columns` and `max_statement_bytes`
    are the vendor's limits. `needs_own_bucket`: it loads by notifications, which the
    deployment's own bucket can't send.
    """

    id: str
    title: str
    create: Callable[[Source, Sequence[Column]], Script]
    change: Callable[[Source, Change], Script]
    max_columns: int | None = None
    max_statement_bytes: int | None = None
    needs_own_bucket: bool = False


KEPT_NOTE = (
    "Fields that only the earlier revision has keep their columns, since events of that revision may still arrive."
)


def names_of(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)
