"""What environments are called, for the operator, who is shown those of every organisation by id."""

from collections.abc import Iterable

from domain.records import keys
from domain.records.change import Resource
from domain.records.ports import Table


def named_environments(table: Table, environment_ids: Iterable[str]) -> dict[str, Resource]:
    """Return those that are there by id, each with its name and those of its endpoint and organisation.

    All of them are read at once, in two steps.
    """
    owner_keys = {each: keys.owner_key(each) for each in sorted(set(environment_ids))}
    owners = {item.key: item.data for item in table.get_all(list(owner_keys.values()))}
    places = {
        environment_id: (
            keys.environment_key(owner["endpoint_id"], environment_id),
            keys.endpoint_key(owner["organisation_id"], owner["endpoint_id"]),
            keys.organisation_key(owner["organisation_id"]),
        )
        for environment_id, key in owner_keys.items()
        if (owner := owners.get(key)) is not None
    }
    wanted = list(dict.fromkeys(place for three in places.values() for place in three))
    data = {item.key: item.data for item in table.get_all(wanted)}
    return {
        environment_id: {
            "id": environment_id,
            "name": data[environment]["name"],
            "endpoint_id": data[endpoint]["id"],
            "endpoint_name": data[endpoint]["name"],
            "organisation_id": data[organisation]["id"],
            "organisation_name": data[organisation]["name"],
        }
        for environment_id, (environment, endpoint, organisation) in places.items()
        if environment in data and endpoint in data and organisation in data
    }
