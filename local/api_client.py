"""A client of the management API, as far as demos, load runs and tests need one."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

SchemaField = Mapping[str, Any]


class ApiRefused(Exception):  # noqa: N818 - an answer, not a mishap
    """The API answered with a problem; `document` holds it."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {document.get('code')}: {document.get('message')} {document.get('errors', '')}")
        self.status = status
        self.document = document


@dataclass(frozen=True, slots=True)
class Made:
    """What `make_environment` left behind; `address` is where its events go."""

    endpoint_id: str
    revision_id: str
    environment_id: str
    address: str


class ManagementClient:
    """Calls `/v1` at an address with a token."""

    def __init__(self, address: str, token: str, *, timeout_seconds: float = 10.0) -> None:
        self.address = address
        self._http = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=timeout_seconds, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the answer's JSON; an empty answer gives an empty dict.

        Raises:
            ApiRefused: the status is 400 or more.
            httpx.TransportError: nothing answers.
        """
        response = self.request(method, path, body, headers=headers)
        document: dict[str, Any] = response.json() if response.content else {}
        if response.status_code >= httpx.codes.BAD_REQUEST:
            raise ApiRefused(response.status_code, document)
        return document

    def request(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return self._http.request(method, path, json=body, headers=headers)

    def make_revision(
        self,
        endpoint_id: str,
        fields: Sequence[SchemaField],
        *,
        additional_keys: str = "drop",
        event_name: Sequence[str] = (),
    ) -> str:
        """Make a finalised revision with that tree and return its id; the endpoint's empty draft is used first."""
        drafts = [
            row
            for row in self.call("GET", f"/v1/endpoints/{endpoint_id}/revisions")["items"]
            if row["state"] == "draft" and row["field_count"] == 0
        ]
        revision = drafts[0] if drafts else self.call("POST", f"/v1/endpoints/{endpoint_id}/revisions", {})
        path = f"/v1/revisions/{revision['id']}"
        wanted = {"additional_keys": additional_keys, "event_name": list(event_name)}
        if any(revision[key] != value for key, value in wanted.items()):
            revision = self.call("PATCH", path, wanted)
        version = f'"{revision["version"]}"'
        self.call("PUT", f"{path}/fields", {"fields": list(fields)}, headers={"If-Match": version})
        self.call("POST", f"{path}/finalise")
        return str(revision["id"])

    def make_environment(
        self,
        name: str,
        fields: Sequence[SchemaField],
        *,
        additional_keys: str = "drop",
        event_name: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        timeout_seconds: float = 30.0,
    ) -> Made:
        """Make an endpoint and an environment of that name, and wait until the environment takes events.

        Args:
            name: for both; the endpoint's must be free.
            fields: the tree of the revision that it runs.
            additional_keys: what happens to keys that no field names.
            event_name: pointers to the keys that name an event.
            settings: further fields of the environment, such as `on_invalid`, or another `name`.
            timeout_seconds: how long provisioning may take.

        Raises:
            ApiRefused: a call was answered with a problem.
            TimeoutError: the environment did not become active.
        """
        endpoint_id = self.call("POST", "/v1/endpoints", {"name": name})["id"]
        revision_id = self.make_revision(endpoint_id, fields, additional_keys=additional_keys, event_name=event_name)
        environment = self.call(
            "POST",
            f"/v1/endpoints/{endpoint_id}/environments",
            {
                "name": name,
                "revision_id": revision_id,
                "destination": {"type": "s3", "managed": True},
                **(settings or {}),
            },
        )
        deadline = time.monotonic() + timeout_seconds
        while environment["status"] != "active":
            if environment["status"] == "failed" or time.monotonic() > deadline:
                raise TimeoutError(f"the environment is {environment['status']}: {environment['status_reason']}")
            time.sleep(0.05)
            environment = self.call("GET", f"/v1/environments/{environment['id']}")
        return Made(endpoint_id, revision_id, environment["id"], f"{self.address}/e/{environment['id']}")
