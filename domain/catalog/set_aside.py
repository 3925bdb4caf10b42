"""What the operator of a deployment may see of the events that destinations refused, of every organisation."""

from domain.catalog.caller import Call
from domain.catalog.change import Catalog, Change, Resource, apply
from domain.catalog.operations import check_operator
from domain.errors import Rejected
from domain.operations.set_aside import SetAside
from schemas.codes import Problem


def list_set_aside(
    catalog: Catalog, set_aside: SetAside, call: Call, limit: int, cursor: str | None, environment_id: str | None
) -> Resource:
    """Return a page of objects, with how many events each holds and nothing of them."""
    check_operator(catalog, call)
    items, following = set_aside.page(limit, cursor, environment_id)
    return {"items": [item._asdict() for item in items], "next": following}


def get_set_aside(catalog: Catalog, set_aside: SetAside, call: Call, object_id: str, limit: int) -> Resource:
    """Return an object with its first lines, and note in the audit log that they were read."""
    check_operator(catalog, call)
    found = set_aside.find(object_id, limit)
    if found is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such object of set-aside events; list them again.")
    item, lines = found

    def build(change: Change) -> Resource:
        change.record("set_aside.read", "set_aside", object_id, after={"lines": len(lines)})
        return {**item._asdict(), "lines": lines}

    return apply(catalog, call, build)
