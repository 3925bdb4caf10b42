"""Every environment that an organisation has, for work that goes over all of them."""

from collections.abc import Iterator

from domain.records import keys
from domain.records.ports import Table

_PAGE = 100


def environments_of(table: Table, organisation_id: str) -> Iterator[tuple[str, str]]:
    """Yield the endpoint's and the environment's id of each environment; two reads per page and endpoint."""
    group, after = keys.organisation_group(organisation_id), None
    while True:
        page = table.query(group, prefix=keys.ENDPOINTS, after=after, limit=_PAGE)
        for endpoint in page:
            endpoint_id = endpoint.data["id"]
            roster = table.get(keys.roster_key(endpoint_id))
            if roster is not None:
                for environment_id in roster.data["environments"]:
                    yield endpoint_id, environment_id
        if len(page) < _PAGE:
            return
        after = page[-1].key.sk
