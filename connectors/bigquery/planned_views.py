"""Which views an environment has, and what each takes of which table.

One unites the tables of all revisions. Another stands for each root field with `when` that is an object, as one kind of
events: the columns that all kinds have, then the object's own, for the events that have it. A view that would grow
longer than BigQuery takes unites the newest revisions that fit.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from connectors.bigquery.capabilities import MAX_COUNTED_COLUMNS, MAX_TABLES_IN_VIEW, MAX_VIEW_CHARS
from connectors.bigquery.tables import table_id
from connectors.bigquery.view import Column, Part, Picked, view_sql
from domain.delivery.connectors import RevisionTable, Target
from domain.language.bigquery_schema import RESERVED_PREFIXES, bigquery_columns, has_column
from schemas.data_types import DataType
from schemas.stamps import EXTRA, RECEIVED_AT

_ALL_TIME = f"t.`{RECEIVED_AT}` >= TIMESTAMP '0001-01-01 00:00:00+00'"
_CHARS_AROUND = len(" AS ``")
_EXTRA_FIELD = f"{EXTRA}_field"


@dataclass(frozen=True, slots=True)
class PlannedView:
    """A view: `name` in its data set, `description` without quotes, `parts` with the newest last."""

    name: str
    description: str
    parts: Sequence[Part]

    @property
    def queries(self) -> list[str]:
        """The query, and one that passes where a view over tables that insist on a filter is refused without one."""
        return [_query(self.parts), _query(self.parts, _ALL_TIME)]


def united(target: Target, newest_first: Iterable[RevisionTable]) -> PlannedView:
    """Return the view over all revisions; no more tables are asked for than it can hold."""
    taken: list[RevisionTable] = []
    chars = 0
    for table in newest_first:
        # At the least, a table's own columns are named twice.
        chars += sum(2 * len(column["name"]) for column in _columns(table))
        if taken and (len(taken) == MAX_TABLES_IN_VIEW or chars > MAX_VIEW_CHARS):
            break
        taken.insert(0, table)
    parts = _newest_that_fit(_parts(target, taken))
    return PlannedView(target.destination["table"], "The events of all revisions of an environment.", parts)


def by_kind(target: Target, tables: Sequence[RevisionTable]) -> list[PlannedView]:
    """Return the views of fields with `when`; the newest table comes last."""
    keys = _kinds(tables)
    revisions = [
        _Revision(
            part,
            {field["key"] for field in table.fields if _has(field)},
            {field["key"] for field in table.fields if "when" in field},
        )
        for table, part in zip(tables, _parts(target, tables) if keys else (), strict=bool(keys))
    ]
    return [view for key in keys if (view := _of_kind(target, revisions, key)) is not None]


def left_out_by_kind(target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:
    """Return which of these revisions have an object with `when` and are left out of its view, by the object's key.

    The newest table comes last. Of more than `MAX_COUNTED_COLUMNS` in all these views together, the revisions are
    returned for which there can't be room, since planning the views would take too long.
    """
    left_out: dict[str, list[str]] = {}
    having = {key: [table for table in tables if _object(table, key)] for key in _kinds(tables)}
    common = {table.revision_id: _chars(field for field in table.fields if "when" not in field) for table in tables}
    columns = sum(
        common[table.revision_id][0] + _chars((_object(table, key) or {}).get("fields", ()))[0]
        for key, those in having.items()
        for table in those
    )
    taken = None
    if columns <= MAX_COUNTED_COLUMNS:
        prefix = f"{target.destination['table']}__"
        taken = {view.name.removeprefix(prefix): len(view.parts) for view in by_kind(target, tables)}
    for key, those in having.items():
        if taken is not None:
            count = taken.get(key, 0)
        else:
            own = (_chars((_object(table, key) or {}).get("fields", ())) for table in reversed(those))
            least = [
                common[table.revision_id][1] + chars for table, (_, chars) in zip(reversed(those), own, strict=True)
            ]
            count = sum(chars <= MAX_VIEW_CHARS for chars in accumulate(least[:MAX_TABLES_IN_VIEW]))
        if count < len(those):
            left_out[key] = [table.revision_id for table in those[: len(those) - count]]
    return left_out


def _kinds(tables: Sequence[RevisionTable]) -> list[str]:
    """Return the keys of objects with `when`, the newest revision's first."""
    return list(
        dict.fromkeys(
            field["key"] for table in reversed(tables) for field in table.fields if "when" in field and _has(field)
        )
    )


def _object(table: RevisionTable, key: str) -> Column | None:
    return next((dict(field) for field in table.fields if field["key"] == key and _has(field)), None)


def _chars(fields: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Return how many columns fields have, and how many characters these take in a view at the least."""
    lengths = [2 * len(field["key"]) + _CHARS_AROUND for field in fields if has_column(field)]
    return len(lengths), sum(lengths)


@dataclass(frozen=True, slots=True)
class _Revision:
    """All columns of a revision, and which root fields are objects, and which have `when`."""

    part: Part
    objects: AbstractSet[str]
    at_times: AbstractSet[str]


def _of_kind(target: Target, revisions: Sequence[_Revision], key: str) -> PlannedView | None:
    having = [revision for revision in revisions if key in revision.objects][-MAX_TABLES_IN_VIEW:]
    common = {
        picked.name
        for revision in having
        for picked in revision.part.picked
        if picked.column["name"] not in revision.at_times and picked.name != key
    }
    own = {column["name"]: None for revision in reversed(having) for column in _own(revision.part, key)}
    names = _own_names(key, common, own)
    parts = _newest_that_fit([_of_object(revision.part, key, common, names) for revision in having])
    # One that does not even fit with its newest revision alone can't be.
    if len(_query(parts)) > MAX_VIEW_CHARS:
        return None
    described = f"The events of all revisions of an environment that have {key}."
    return PlannedView(f"{target.destination['table']}__{key}", described, parts)


def _has(field: Column) -> bool:
    return field["type"] == DataType.OBJECT and has_column(field)


def _own(part: Part, key: str) -> Sequence[Column]:
    """Return the columns of the object under a root key."""
    fields: Sequence[Column] = next(picked.column["fields"] for picked in part.picked if picked.name == key)
    return fields


def _of_object(part: Part, key: str, common: set[str], names: dict[str, str]) -> Part:
    """Return what the view of a kind takes of a table."""
    of_all = [picked for picked in part.picked if picked.name in common]
    own = [Picked(names[column["name"]], f"t.`{key}`.`{column['name']}`", column) for column in _own(part, key)]
    return Part(part.revision_id, part.table_id, [*of_all, *own], f"t.`{key}` IS NOT NULL")


def _own_names(key: str, common: set[str], own: Iterable[str]) -> dict[str, str]:
    """Return what an object's own columns are called beside the common ones."""
    names = {name: name for name in own if name not in common}
    taken = common | set(names)
    for name in own:
        if name not in names:
            called = f"{key}_{name}"
            # Neither may start like this for itself, but both together may.
            called = called.lstrip("_") if called.startswith(RESERVED_PREFIXES) else called
            names[name] = _free(called, taken)
            taken.add(names[name])
    return names


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _columns(table: RevisionTable) -> Sequence[Column]:
    return bigquery_columns(table.fields, table.additional_keys)


def _parts(target: Target, tables: Sequence[RevisionTable]) -> list[Part]:
    """Return all columns of tables under their own names.

    A revision of the first edition may have a field that is called as the later ones' stamp `_extra`: beside such
    revisions it is called otherwise.
    """
    columns = [_columns(table) for table in tables]
    extra = EXTRA
    if any(table.edition > 1 for table in tables):
        extra = _free(_EXTRA_FIELD, {column["name"] for row in columns for column in row})
    parts = []
    for table, row in zip(tables, columns, strict=True):
        renamed: dict[str, str] = {EXTRA: extra} if table.edition == 1 else {}
        picked = [
            Picked(renamed.get(column["name"]) or column["name"], f"t.`{column['name']}`", column) for column in row
        ]
        parts.append(Part(table.revision_id, table_id(target, table.name), picked))
    return parts


def _newest_that_fit(parts: Sequence[Part]) -> Sequence[Part]:
    """Return the most parts, the newest last, whose view is not too long; at least one."""
    # At the least, a table's own columns are there under their names.
    least = [
        sum(len(picked.source) + len(picked.name) + _CHARS_AROUND for picked in part.picked) for part in reversed(parts)
    ]
    count = max(1, sum(chars <= MAX_VIEW_CHARS for chars in accumulate(least)))
    length = len(_query(parts[-count:]))
    while length > MAX_VIEW_CHARS and count > 1:
        count = max(1, min(count - 1, count * MAX_VIEW_CHARS // length))
        length = len(_query(parts[-count:]))
        while count < len(parts) and length <= MAX_VIEW_CHARS and len(_query(parts[-count - 1 :])) <= MAX_VIEW_CHARS:
            count += 1
    return parts[-count:]


def _query(parts: Sequence[Part], where: str = "") -> str:
    query = view_sql(parts, where)
    if len(query) > MAX_VIEW_CHARS and len(parts) == 1 and not parts[0].where:
        # All of one table needs no names.
        return f"SELECT * FROM `{parts[0].table_id}` AS t" + (f" WHERE {where}" if where else "")  # noqa: S608
    return query
