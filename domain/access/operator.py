"""Whose the deployment is: the owner of its first organisation, who operates it."""

from domain.errors import Rejected
from domain.records import keys
from domain.records.caller import Call, Principal, Role
from domain.records.change import Catalog
from domain.records.ports import Table
from schemas.codes import Problem


def is_operator(table: Table, principal: Principal) -> bool:
    """Say whether the caller, with the role that their token has now, operates the deployment."""
    if not principal.role.allows(Role.OWNER):
        return False
    first = table.get(keys.FIRST_ORGANISATION)
    return first is not None and first.data["organisation_id"] == principal.organisation_id


def check_operator(catalog: Catalog, call: Call) -> None:
    """Let nobody pass but the owner of the deployment's first organisation; to others nothing is here."""
    if not is_operator(catalog.table, call.principal):
        raise Rejected(Problem.NOT_FOUND, "Only the owner of the deployment's first organisation finds something here.")
