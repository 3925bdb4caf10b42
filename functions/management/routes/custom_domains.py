"""Routes of an environment's custom domain."""

from domain.catalog import custom_domains
from domain.catalog.custom_domains import DomainRules
from domain.records.caller import Role
from domain.records.change import Catalog, Resource
from functions.management.routes.queries import Confirm
from functions.management.routing import Routes
from schemas.codes import Problem
from schemas.models.custom_domain import CustomDomain, CustomDomainPut

_ONE = "/v1/environments/{environment_id}/custom-domain"


def declare(routes: Routes, catalog: Catalog, rules: DomainRules) -> None:
    """Declare them."""

    @routes.add("GET", _ONE, "Get an environment's custom domain", role=Role.VIEWER, shown=CustomDomain)
    def get_custom_domain(environment_id: str) -> Resource:
        """`dns_records` says what to set; `warning` that the certificate expires soon."""
        return custom_domains.get_custom_domain(catalog, routes.call, environment_id)

    @routes.add(
        "PUT",
        _ONE,
        "Set an environment's custom domain, or renew its certificate",
        role=Role.ADMIN,
        shown=CustomDomain,
        body="json",
        if_match="optional",
        problems=(Problem.DOMAIN_IN_USE, Problem.LIMIT_REACHED),
    )
    def put_custom_domain(environment_id: str, body: CustomDomainPut) -> Resource:
        """Everything about domain, certificate and key is checked before anything is saved.

        A renewed certificate takes the place of the former without a pause. Another domain takes the place of the
        former domain, which stops at once. The private key is never stored, logged or shown. At the first claim of a
        domain, the answer is `pending_proof` with the TXT record to set; nothing serves until it is in the DNS.
        """
        given = body.given()
        return custom_domains.put_custom_domain(
            catalog, rules, routes.call, environment_id, given["domain"], given["certificate"]
        )

    @routes.add(
        "POST",
        f"{_ONE}/check",
        "Look for a custom domain's proof or certificate now",
        role=Role.ADMIN,
        shown=CustomDomain,
    )
    def check_custom_domain(environment_id: str) -> Resource:
        """The answer is how it stood before: get the domain some seconds later.

        Without this request it is looked for, too: every minute at first, then less often.
        """
        return custom_domains.check_custom_domain(catalog, routes.call, environment_id)

    @routes.add(
        "DELETE",
        _ONE,
        "Remove an environment's custom domain",
        role=Role.ADMIN,
        status=204,
        if_match="optional",
        problems=(Problem.CONFIRMATION_MISMATCH,),
    )
    def delete_custom_domain(environment_id: str, confirm: Confirm = None) -> None:
        """Its name is the domain. Ingest answers 404 there within 5 seconds; its certificate is deleted after."""
        custom_domains.delete_custom_domain(catalog, routes.call, environment_id, confirm)
