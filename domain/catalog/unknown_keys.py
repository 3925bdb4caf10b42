"""Keys that arrived in an environment and that no field of its revision names, as the API shows them."""

from domain.catalog.ownership import find_environment
from domain.catalog.revisions import read_with_tree
from domain.metering.unknown_keys import Stored, unpacked
from domain.records.caller import Call
from domain.records.change import Catalog, Resource, time_text
from domain.validation.unnamed import NamedPlaces

_NS_PER_SECOND = 1_000_000_000


def list_unknown_keys(catalog: Catalog, stored: Stored, call: Call, environment_id: str) -> Resource:
    """Return them, the most frequent first; what the environment's revision names by now is left out.

    Raises:
        Rejected: not_found.
        Undelivered: the store can't be reached.
    """
    environment = find_environment(catalog.table, call, environment_id)
    _, tree = read_with_tree(catalog.table, call, environment.data["revision_id"])
    named = NamedPlaces(tree.data["fields"])
    keys = unpacked(stored.get(environment_id)[1])
    keys.forget(catalog.clock() // _NS_PER_SECOND)
    ordered = sorted(keys.keys.items(), key=lambda entry: (-entry[1].count, entry[0]))
    return {
        "items": [
            {
                "pointer": pointer,
                "count": key.count,
                "kinds": key.kinds,
                "first_seen": time_text(key.first_seen * _NS_PER_SECOND),
                "last_seen": time_text(key.last_seen * _NS_PER_SECOND),
                "shape": key.shape,
            }
            for pointer, key in ordered
            if not named.names(pointer)
        ],
        "looked_at": keys.looked_at,
    }
