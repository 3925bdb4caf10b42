"""An environment's scripts: where its objects are, which revisions are asked for, and what they have for columns."""

from collections.abc import Mapping
from typing import Any

from domain.catalog.ownership import find_endpoint, find_environment
from domain.catalog.revisions import read_with_tree
from domain.catalog.table_names import table_name
from domain.errors import Rejected
from domain.records.caller import Call
from domain.records.change import Resource
from domain.records.ports import Table
from domain.warehouses.columns import Column, warehouse_columns
from domain.warehouses.engine import OwnBucket, Source
from domain.warehouses.scripts import ENGINES, make_script, shown
from schemas.codes import Problem

_DAY_CHARS = len("2026-11-29")


def warehouse_script(
    table: Table,
    call: Call,
    own_bucket: OwnBucket | None,
    environment_id: str,
    engine_id: str,
    *,
    before_id: str | None,
    after_id: str | None,
) -> Resource:
    """Return what makes a warehouse load an environment's events, as the API shows it.

    Args:
        table: the catalog.
        call: whose environment it has to be.
        own_bucket: where managed destinations deliver to.
        environment_id: the environment.
        engine_id: a key of `ENGINES`.
        before_id: the revision that the warehouse's table is of, if there is one to change.
        after_id: the revision that it is to be of; without one, the running one.

    Raises:
        Rejected: not_found, or invalid_request: for a destination of another type, a revision of another endpoint, or
            an engine that can't hold the columns.
    """
    environment = find_environment(table, call, environment_id).data
    if environment["destination"]["type"] != "s3":
        message = "Warehouses load the objects of a destination of the type s3; this environment has another."
        raise _refused("/engine", "destination", message)
    endpoint = find_endpoint(table, call, environment["endpoint_id"]).data
    if after_id is None:
        after_id = environment["revision_id"]
    after = columns_of(table, call, environment, after_id, "/to")
    before = None if before_id is None else columns_of(table, call, environment, before_id, "/from")
    name = table_name(endpoint["name"], environment["name"])
    source = source_of(environment, after_id, name, own_bucket)
    engine = ENGINES[engine_id]
    return shown(engine, source, before_id, make_script(engine, source, before, after))


def columns_of(
    table: Table, call: Call, environment: Mapping[str, Any], revision_id: str, pointer: str
) -> list[Column]:
    """Return the columns of a revision, which has to be the environment's endpoint's; `pointer` names who asks."""
    revision, tree = read_with_tree(table, call, revision_id)
    if revision.data["endpoint_id"] != environment["endpoint_id"]:
        raise _refused(pointer, "unknown_revision", "It is no revision of the environment's endpoint.")
    return warehouse_columns(tree.data["fields"], revision.data["additional_keys"])


def source_of(environment: Mapping[str, Any], revision_id: str, table: str, own_bucket: OwnBucket | None) -> Source:
    """Return where the objects of an environment are whose destination is `s3`."""
    destination = environment["destination"]
    own = own_bucket or OwnBucket("<BUCKET>")
    is_managed = destination.get("managed") is True
    return Source(
        environment["id"],
        revision_id,
        table,
        bucket=own.name if is_managed else destination["bucket"],
        prefix=f"{destination.get('prefix', '')}environment={environment['id']}/",
        region=own.region if is_managed else destination["region"],
        since=environment["created_at"][:_DAY_CHARS],
        is_managed=is_managed,
        key_arn=own.key_arn if is_managed else None,
        folder=own.folder,
    )


def _refused(pointer: str, code: str, message: str) -> Rejected:
    return Rejected(Problem.INVALID_REQUEST, message, errors=[{"pointer": pointer, "code": code, "message": message}])
