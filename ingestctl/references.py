"""What a person calls a thing: its id, its name, or `@Production` for the revision that an environment runs."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from ingestctl.client import Api, path_of
from ingestctl.problems import Misused, Refused

Resource = dict[str, Any]

_ID = re.compile(r"(ep|rev|env)_[0-9a-hjkmnp-tv-z]{26}")


def folded(name: str) -> str:
    """Return what two names share if the server counts them as the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class Finder:
    """Finds things by what they are called; `endpoint` narrows names down to those of one endpoint.

    All raise `Refused` (not_found) where there is no such thing, and `Misused` where there are several.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def endpoint(self, called: str | None) -> Resource:
        """Return an endpoint; None means the only one."""
        if called is None:
            found = list(self._api.pages("/v1/endpoints"))
            if len(found) != 1:
                raise Misused("Say which endpoint: --endpoint NAME, or INGEST_ENDPOINT.")
            return found[0]
        return self._by_id("endpoints", called) or self._one(
            "endpoint", called, [row for row in self._api.pages("/v1/endpoints") if _is_called(row, called)]
        )

    def revision(self, called: str, endpoint: str | None) -> Resource:
        """Return a revision, possibly without its fields."""
        if called.startswith("@"):
            running = self.environment(called[1:], endpoint)["revision_id"]
            return self._api.get(path_of("revisions", running))
        return self._within("revisions", "revision", called, endpoint)

    def environment(self, called: str, endpoint: str | None) -> Resource:
        return self._within("environments", "environment", called, endpoint)

    def revision_of(self, endpoint_id: str, name: str) -> Resource | None:
        """Return the revision of an endpoint that has a name, if one has."""
        rows = self._api.pages(path_of("endpoints", endpoint_id, "revisions"))
        return next((row for row in rows if _is_called(row, name)), None)

    def _within(self, collection: str, kind: str, called: str, endpoint: str | None) -> Resource:
        found = self._by_id(collection, called)
        if found is not None:
            return found
        endpoints = self._api.pages("/v1/endpoints") if endpoint is None else iter([self.endpoint(endpoint)])
        return self._one(kind, called, list(self._named(collection, called, endpoints)))

    def _named(self, collection: str, called: str, endpoints: Iterator[Resource]) -> Iterator[Resource]:
        for owner in endpoints:
            for row in self._api.pages(path_of("endpoints", owner["id"], collection)):
                if _is_called(row, called):
                    yield row

    def _by_id(self, collection: str, called: str) -> Resource | None:
        if not _ID.fullmatch(called):
            return None
        try:
            return self._api.get(path_of(collection, called))
        except Refused as refusal:
            if refusal.code != "not_found":
                raise
            return None

    @staticmethod
    def _one(kind: str, called: str, found: list[Resource]) -> Resource:
        if not found:
            raise Refused("not_found", f"There is no {kind} called {called}.")
        if len(found) > 1:
            ids = ", ".join(row["id"] for row in found)
            raise Misused(f"Several endpoints have a {kind} called {called}: say --endpoint, or one of {ids}.")
        return found[0]


def _is_called(row: Resource, name: str) -> bool:
    return folded(row["name"]) == folded(name)
