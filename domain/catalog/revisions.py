"""Revisions: drafts that are edited, cloned and deleted, and finalised ones of which only the name may change.

A revision's tree stands in an item of its own and changes only together with the revision's item, so that the
revision's version guards both.
"""

from collections.abc import Sequence
from typing import Any

from domain.catalog.ownership import find_endpoint, find_revision, find_roster, owner_data, revision_item
from domain.errors import Rejected
from domain.language.budget import UNLIMITED, Budget
from domain.language.event_names import check_event_name
from domain.language.fields import check_fields, fields_to_json, patterns_size
from domain.language.inference import infer_fields
from domain.language.inference.guesses import Fit
from domain.language.json_schema_import import import_json_schema
from domain.language.templates import EMPTY, TEMPLATES
from domain.language.typed_plan import planned_fields
from domain.records import keys
from domain.records.caller import Call, check_confirmation
from domain.records.change import Catalog, Change, Resource, apply, difference
from domain.records.pages import read_page
from domain.records.ports import Item, Table
from schemas.codes import Problem
from schemas.first_edition import EDITION, field_count, revision_tree
from schemas.items import RevisionDocument, revision_document_key
from schemas.save_codes import FieldFault
from schemas.stamps import EXTRA

_TREE_TRIES = 10


def _show(item: Item) -> Resource:
    shown = {**item.data, "field_count": field_count(item.data), "version": item.version}
    del shown["tree_version"]
    shown.pop("data_map_count", None)
    shown.setdefault("event_name", [])
    return shown


def _show_whole(item: Item, fields: list[dict[str, Any]]) -> Resource:
    return {**_show(item), "fields": fields}


def list_revisions(catalog: Catalog, call: Call, endpoint_id: str, limit: int, cursor: str | None) -> Resource:
    """Return one page of an endpoint's revisions without their trees, oldest first."""
    find_endpoint(catalog.table, call, endpoint_id)
    group = keys.endpoint_group(endpoint_id)
    return read_page(catalog.table, group, keys.REVISIONS, _show, limit=limit, cursor=cursor)


def get_revision(catalog: Catalog, call: Call, revision_id: str) -> Resource:
    revision, tree = read_with_tree(catalog.table, call, revision_id)
    return _show_whole(revision, tree.data["fields"])


def read_with_tree(table: Table, call: Call, revision_id: str) -> tuple[Item, Item]:
    """Return a revision's item and the tree that belongs to that version of it."""
    for _ in range(_TREE_TRIES):
        revision = find_revision(table, call, revision_id)
        tree = table.get(keys.tree_key(revision_id))
        if tree is not None and tree.version == revision.data["tree_version"]:
            return revision, tree._replace(data=revision_tree(tree.data))
    raise Rejected(Problem.CONFLICT, "The revision is being changed by others; try again.")


def add_revision(
    change: Change,
    endpoint_id: str,
    name: str,
    fields: list[dict[str, Any]],
    parent: Item | None = None,
    *,
    additional_keys: str = "drop",
    event_name: list[str] | None = None,
) -> Item:
    """Add the writes of a new draft to a change; the caller takes care of the roster and the audit entry."""
    revision_id = change.new_id("rev")
    _claim_name(change, endpoint_id, revision_id, name)
    data = {
        "id": revision_id,
        "endpoint_id": endpoint_id,
        "name": name,
        "state": "draft",
        "additional_keys": parent.data["additional_keys"] if parent else additional_keys,
        "event_name": parent.data.get("event_name", []) if parent else event_name or [],
        "parent_id": parent.data["id"] if parent else None,
        "field_count": _count(fields),
        "finalised_at": None,
        "created_at": change.now,
        "updated_at": change.now,
        "tree_version": 1,
    }
    change.create(keys.owner_key(revision_id), owner_data(change.call, endpoint_id))
    change.create(keys.tree_key(revision_id), _tree(fields))
    return change.create(keys.revision_key(endpoint_id, revision_id), data)


def create_revision(
    catalog: Catalog,
    call: Call,
    endpoint_id: str,
    *,
    budget: Budget = UNLIMITED,
    name: str | None = None,
    clone_of: str | None = None,
    template: str | None = None,
    plan: dict[str, Any] | None = None,
    json_schema: dict[str, Any] | None = None,
    samples: list[dict[str, Any]] | None = None,
    fit: Fit = "all",
    kinds_by: Sequence[str] = (),
) -> Resource:
    """Make a draft: blank, a clone that remembers its parent, from a template, a JSON Schema or sample events.

    What was made from a JSON Schema is returned with the member `import`, from samples with `inference`, from a `plan`
    of a template's events with `plan`. `fit` says
    whether all samples have to be accepted, `kinds_by` where they say of which kind they are.

    Raises:
        Rejected: not_found, name_taken, too_complex, or invalid_request if there is no revision `clone_of` in this
            endpoint, or no field can be made of the JSON Schema or the samples.
    """
    find_endpoint(catalog.table, call, endpoint_id)
    start = TEMPLATES[template] if template else EMPTY
    made, event_name = start.fields, start.event_name
    report: dict[str, Any] = {}
    additional_keys: str = start.additional_keys
    if plan is not None:
        planned = planned_fields(start, plan, budget)
        made, report = planned.fields, {"plan": planned.report}
    if json_schema is not None:
        imported = import_json_schema(json_schema, budget)
        made, additional_keys = imported.fields, imported.additional_keys
        report = {"import": imported.report()}
    if samples is not None:
        inferred = infer_fields(samples, fit=fit, kinds_by=kinds_by, budget=budget)
        made, additional_keys, event_name = inferred.fields, inferred.additional_keys, inferred.event_name
        report = {"inference": inferred.report}

    def build(change: Change) -> Resource:
        roster = find_roster(catalog.table, call, endpoint_id)
        parent, fields = None, made
        if clone_of is not None:
            parent, fields = _read_parent(catalog.table, call, endpoint_id, clone_of)
        number = roster.data["revisions_made"] + 1
        free_name = name or _free_name(change, endpoint_id, number)
        revision = add_revision(
            change, endpoint_id, free_name, fields, parent, additional_keys=additional_keys, event_name=event_name
        )
        change.replace(roster, {**roster.data, "revisions_made": number})
        change.record(
            "revision.create",
            "revision",
            revision.data["id"],
            after={
                "endpoint_id": endpoint_id,
                "name": revision.data["name"],
                "clone_of": clone_of,
                "template": template,
                **dict.fromkeys(report, True),
            },
            of=revision.data,
        )
        return {**_show_whole(revision, fields), **report}

    return apply(catalog, call, build)


def change_revision(catalog: Catalog, call: Call, revision_id: str, changes: dict[str, Any]) -> Resource:
    """Change what `changes` names: `name`, and of a draft `additional_keys` and `event_name`."""

    def build(change: Change) -> Resource:
        revision, tree = read_with_tree(catalog.table, call, revision_id)
        before = revision.data
        if before["state"] == "finalised" and changes.keys() - {"name"}:
            raise _finalised("A finalised revision is immutable; only its name can change. Clone it.")
        call.check_version(revision.version)
        after = {**before, **changes}
        if "event_name" in changes:
            check_event_name(after["event_name"], tree.data["fields"])
        if after != before:
            if keys.folded(after["name"]) != keys.folded(before["name"]):
                _claim_name(change, before["endpoint_id"], revision_id, after["name"])
                _release_name(change, before["endpoint_id"], before["name"])
            revision = change.replace(revision, {**after, "updated_at": change.now})
            was, is_now = difference(before, after, ("name", "additional_keys", "event_name"))
            change.record("revision.change", "revision", revision_id, before=was, after=is_now, of=after)
        return _show_whole(revision, tree.data["fields"])

    return apply(catalog, call, build)


def replace_fields(
    catalog: Catalog,
    call: Call,
    revision_id: str,
    fields: list[Any],
    *,
    event_name: list[str] | None = None,
    budget: Budget = UNLIMITED,
) -> Resource:
    """Replace a draft's whole tree; `fields` is parsed JSON. Without `event_name` the revision's own stays.

    Raises:
        Rejected: not_found, revision_finalised, version_conflict, too_complex, or invalid_request with the faults of
            the tree.
    """
    _check_editable(find_revision(catalog.table, call, revision_id), call)
    checked = fields_to_json(check_fields(fields, budget=budget))

    def build(change: Change) -> Resource:
        revision, tree = read_with_tree(catalog.table, call, revision_id)
        _check_editable(revision, call)
        before = {**tree.data, "event_name": revision.data.get("event_name", [])}
        names = before["event_name"] if event_name is None else event_name
        check_event_name(names, checked)
        after_tree = _tree(checked)
        change.replace(tree, after_tree)
        after = {
            **revision.data,
            "event_name": names,
            "field_count": _count(checked),
            "tree_version": tree.version + 1,
            "updated_at": change.now,
        }
        revision = change.replace(revision, after)
        change.record(
            "revision.fields",
            "revision",
            revision_id,
            before=before,
            after={**after_tree, "event_name": names},
            of=after,
        )
        return _show_whole(revision, checked)

    return apply(catalog, call, build)


def finalise_revision(catalog: Catalog, call: Call, revision_id: str) -> Resource:
    """Finalise a draft; from then on it can be deployed and never changes. A second time it changes nothing.

    Raises:
        Rejected: not_found, version_conflict, or revision_empty.
    """

    def build(change: Change) -> Resource:
        revision, tree = read_with_tree(catalog.table, call, revision_id)
        call.check_version(revision.version)
        fields = tree.data["fields"]
        if revision.data["state"] == "finalised":
            return _show_whole(revision, fields)
        check_finalisable(fields)
        change.create(revision_document_key(revision_id), document_from(revision, tree))
        after = {**revision.data, "state": "finalised", "finalised_at": change.now, "updated_at": change.now}
        revision = change.replace(revision, after)
        change.record(
            "revision.finalise",
            "revision",
            revision_id,
            before={"state": "draft"},
            after={"state": "finalised"},
            of=after,
        )
        return _show_whole(revision, fields)

    return apply(catalog, call, build)


def delete_revision(catalog: Catalog, call: Call, revision_id: str, confirm: str | None) -> None:
    """Delete a draft. The name need not be typed, but if it is, it has to be right."""

    def build(change: Change) -> Resource:
        revision, tree = read_with_tree(catalog.table, call, revision_id)
        _check_editable(revision, call)
        if confirm is not None:
            check_confirmation(confirm, revision.data["name"])
        change.remove(revision)
        change.remove(tree)
        _release_name(change, revision.data["endpoint_id"], revision.data["name"])
        before = {**_show(revision), **tree.data}
        change.record("revision.delete", "revision", revision_id, before=before, of=revision.data)
        return {}

    apply(catalog, call, build)


def document_from(revision: Item, tree: Item) -> RevisionDocument:
    """Return what a revision compiles from."""
    return RevisionDocument(
        revision_id=revision.data["id"],
        edition=EDITION,
        additional_keys=revision.data["additional_keys"],
        fields=tree.data["fields"],
        event_name=revision.data.get("event_name", []),
        regex_size=patterns_size(tree.data["fields"]),
    )


def deployable_document(table: Table, call: Call, endpoint_id: str, revision_id: str) -> Item:
    """Return the document of a finalised revision of this endpoint.

    Raises:
        Rejected: invalid_request at `/revision_id` if the endpoint has no such revision; revision_not_finalised.
    """
    revision = revision_item(table, call, revision_id)
    if revision is None or revision.data["endpoint_id"] != endpoint_id:
        raise _no_such_revision("revision_id")
    document = table.get(revision_document_key(revision_id))
    if document is None:
        raise Rejected(Problem.REVISION_NOT_FINALISED, "Only a finalised revision can be deployed; finalise it first.")
    return document


def _read_parent(
    table: Table, call: Call, endpoint_id: str, parent_id: str
) -> tuple[Item | None, list[dict[str, Any]]]:
    parent = revision_item(table, call, parent_id)
    if parent is None or parent.data["endpoint_id"] != endpoint_id:
        raise _no_such_revision("clone_of")
    parent, tree = read_with_tree(table, call, parent_id)
    fields: list[dict[str, Any]] = tree.data["fields"]
    _check_root_keys(fields, "/clone_of")
    return parent, fields


def _no_such_revision(name: str) -> Rejected:
    message = "This endpoint has no such revision."
    errors = [{"pointer": f"/{name}", "code": "unknown_revision", "message": message}]
    return Rejected(Problem.INVALID_REQUEST, message, errors=errors)


def _check_root_keys(fields: list[dict[str, Any]], pointer: str) -> None:
    """Refuse what the first edition allowed at the root, and the second needs for itself."""
    if any(field["key"] == EXTRA for field in fields):
        message = f"The root field `{EXTRA}` has a name that is reserved now: give it another key."
        errors = [{"pointer": pointer, "code": FieldFault.RESERVED_KEY.value, "message": message}]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)


def check_finalisable(fields: list[dict[str, Any]]) -> None:
    """Refuse the tree of a draft that can't be finalised: `Rejected` (revision_empty, invalid_request)."""
    if not fields:
        raise Rejected(Problem.REVISION_EMPTY, "This revision has no fields yet; add one first.")
    _check_root_keys(fields, "/fields")


def _tree(fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"edition": EDITION, "fields": fields}


def _check_editable(revision: Item, call: Call) -> None:
    if revision.data["state"] == "finalised":
        raise _finalised("A finalised revision can be neither changed nor deleted; clone it to go on from it.")
    call.check_version(revision.version)


def _finalised(message: str) -> Rejected:
    return Rejected(Problem.REVISION_FINALISED, message)


def _free_name(change: Change, endpoint_id: str, number: int) -> str:
    while change.catalog.table.get(keys.revision_name_key(endpoint_id, f"Revision {number}")) is not None:
        number += 1
    return f"Revision {number}"


def _claim_name(change: Change, endpoint_id: str, revision_id: str, name: str) -> None:
    key = keys.revision_name_key(endpoint_id, name)
    if change.catalog.table.get(key) is not None:
        raise Rejected(
            Problem.NAME_TAKEN,
            "Another revision of this endpoint has this name; upper and lower case count as the same.",
        )
    change.create(key, {"revision_id": revision_id})


def _release_name(change: Change, endpoint_id: str, name: str) -> None:
    claim = change.catalog.table.get(keys.revision_name_key(endpoint_id, name))
    if claim is not None:
        change.remove(claim)


def _count(fields: list[dict[str, Any]]) -> int:
    return sum(1 + _count(field.get("fields", [])) for field in fields)
