"""What the server knows of one request, worked out once however many events ask for it."""

import hmac
from collections.abc import Callable

from domain.completion.bounded_text import bounded_text
from domain.completion.keyed_hash import keyed_hash
from domain.completion.page_urls import PageUrl, page_url_from_text
from domain.derived_keys import DeploymentSecret, derived_key
from domain.http import HttpRequest


class RequestFacts:
    """The request, its time of arrival, and what it is stamped with.

    The derived facts are slots that stay empty until a macro asks for them, so that making the facts costs little.
    """

    __slots__ = (
        "_page",
        "_page_parameters",
        "_protected_hash",
        "_referrer",
        "_user_hash",
        "deployment_secret",
        "endpoint_id",
        "environment_id",
        "organisation_id",
        "received_at",
        "received_ns",
        "request",
        "revision_id",
    )

    _page: PageUrl | None
    _page_parameters: dict[str, str]
    _protected_hash: Callable[[str], str]
    _referrer: PageUrl | None
    _user_hash: str

    def __init__(
        self,
        request: HttpRequest,
        received_ns: int,
        received_at: str,
        organisation_id: str,
        endpoint_id: str,
        environment_id: str,
        revision_id: str,
        deployment_secret: DeploymentSecret,
    ) -> None:
        """Take the time of arrival in two forms: nanoseconds since 1970, and RFC 3339 with microseconds and `Z`."""
        self.request = request
        self.received_ns = received_ns
        self.received_at = received_at
        self.organisation_id = organisation_id
        self.endpoint_id = endpoint_id
        self.environment_id = environment_id
        self.revision_id = revision_id
        self.deployment_secret = deployment_secret

    @property
    def page(self) -> PageUrl | None:
        """The page that sent the request: the first of query `url` and header `referer` that is a URL."""
        try:
            return self._page
        except AttributeError:
            page = page_url_from_text(self.request.query.get("url", ""))
            self._page = page or page_url_from_text(self.request.headers.get("referer", ""))
            return self._page

    @property
    def page_parameters(self) -> dict[str, str]:
        """The parameters of the page's query."""
        try:
            return self._page_parameters
        except AttributeError:
            self._page_parameters = self.page.parameters() if self.page else {}
            return self._page_parameters

    @property
    def referrer(self) -> PageUrl | None:
        """The page that led to the page."""
        try:
            return self._referrer
        except AttributeError:
            self._referrer = page_url_from_text(self.request.query.get("referrer", ""))
            return self._referrer

    @property
    def user_hash(self) -> str:
        """The sender for a day: hex HMAC-SHA-256 of UTC date, address and user agent, NUL between them.

        The organisation has a key of its own for each day, so that one sender has another hash at another organisation.

        Raises:
            Undelivered: the deployment's secret can't be had.
        """
        try:
            return self._user_hash
        except AttributeError:
            request = self.request
            day = self.received_at[:10]
            key = derived_key(self.deployment_secret(), self.organisation_id, f"user_hash {day}")
            sender = f"{day}\0{request.source_ip}\0{request.headers.get('user-agent', '')}"
            self._user_hash = hmac.digest(key, sender.encode("utf-8", "surrogatepass"), "sha256").hex()
            return self._user_hash

    @property
    def protected_hash(self) -> Callable[[str], str]:
        """The organisation's hash of a value, stored instead of it: hex HMAC-SHA-256 by a key that never changes.

        Raises:
            Undelivered: the deployment's secret can't be had.
        """
        try:
            return self._protected_hash
        except AttributeError:
            key = derived_key(self.deployment_secret(), self.organisation_id, "protect")
            self._protected_hash = keyed_hash(key)
            return self._protected_hash

    def header(self, name: str) -> str | None:
        """Return a header's text as it may be stored; an empty one counts as absent."""
        return bounded_text(self.request.headers.get(name, "")) or None

    def parameter(self, name: str) -> str | None:
        """Return a query parameter's text as it may be stored; an empty one counts as absent."""
        return bounded_text(self.request.query.get(name, "")) or None
