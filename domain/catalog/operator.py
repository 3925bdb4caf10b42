"""Whose the deployment is: the owner of its first organisation, who operates it."""

from domain.catalog import keys
from domain.catalog.caller import Principal, Role
from domain.catalog.ports import Table


def is_operator(table: Table, principal: Principal) -> bool:
    """Say whether the caller, with the role that their token has now, operates the deployment."""
    if not principal.role.allows(Role.OWNER):
        return False
    first = table.get(keys.FIRST_ORGANISATION)
    return first is not None and first.data["organisation_id"] == principal.organisation_id
