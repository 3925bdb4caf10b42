"""The three catalog items that ingest reads: where they stand and what they hold.

The management side writes them in the same transaction as the change they reflect; ingest reads nothing else.
All values are plain JSON, so that reading one needs no model.
"""

from typing import Any, Literal, NamedTuple, NotRequired, TypedDict


class ItemKey(NamedTuple):
    """An item's address in the catalog: `pk` groups, `sk` orders within the group."""

    pk: str
    sk: str


class Webhook(TypedDict):
    """What ingest has to know of a webhook besides its secrets."""

    name: str
    scheme: Literal["github", "stripe", "shopify", "slack", "standard", "hmac", "none"]


class TapFilter(TypedDict, total=False):
    """Which events a tap keeps; what is not there narrows nothing."""

    outcome: str
    code: str
    event_name: str


class TapLease(TypedDict):
    """What ingest has to know of a tap: a lease that each handler sees expire by its own clock."""

    id: str
    until: int
    """Unix seconds."""
    sample: int | Literal["all"]
    """Events per second that it asks for."""
    only: TapFilter
    share: float
    """Of the requests that have events it asks for, the part that a handler keeps: above 0, at most 1. The writer
    adjusts it."""
    told_at: int
    """Unix seconds at which the share was written: a share that nobody confirms grows again."""


class CanaryLease(TypedDict):
    """A revision that takes a share of an environment's requests, until its time is over by each handler's clock."""

    deployment_id: str
    revision_id: str
    share: int
    """Per cent of the requests."""
    until: int
    """Unix seconds; from then on all requests go to the revision that the environment runs."""


class Pointer(TypedDict):
    """What ingest has to know of an environment: small, and read again every few seconds."""

    environment_id: str
    endpoint_id: str
    organisation_id: str
    revision_id: str
    state: Literal["provisioning", "active", "failed", "deleted"]
    on_invalid: Literal["quarantine", "reject"]
    allowed_origins: list[str]
    streams: list[str]
    plan_exhausted: bool
    rate_limit: NotRequired[int | None]
    """Events a second; None, or not there as in pointers of earlier versions: no limit."""
    store_addresses: bool
    write_keys: NotRequired[list[str]]
    """One of which every request has to carry; empty or not there: none."""
    quarantine_protected: NotRequired[bool]
    """Whether quarantine keeps protected values as they would be stored; not, where it is not said."""
    webhooks: NotRequired[list[Webhook]]
    hook_secrets: NotRequired[str | None]
    """The name under which the secrets of `webhooks` are kept: another one after each change of them."""
    taps: NotRequired[list[TapLease]]
    """Not there where nobody watches. A lease may stand here after it has expired."""
    taps_protected: NotRequired[bool]
    """Whether taps keep what is stored instead of protected values; not, where it is not said."""
    canary: NotRequired[CanaryLease]
    """Not there where none runs. It may stand here after its time is over."""
    leaving: NotRequired[dict[str, Any]]
    """Of a deleted environment, where its last events go; nothing for ingest."""
    written_at: int
    """Unix seconds; a handler may go by an earlier pointer for some seconds after it."""


class RevisionDocument(TypedDict):
    """What a finalised revision compiles from; never changes once it is written."""

    revision_id: str
    edition: NotRequired[int]
    """Of the schema language that the revision is written in; 1 where it is not said."""
    additional_keys: Literal["drop", "reject", "keep"]
    fields: list[dict[str, Any]]
    event_name: NotRequired[list[str]]
    """Pointers into the event; the first that holds a text names it."""
    regex_size: NotRequired[int]
    """How many instructions the patterns take together: what keeping the compiled revision costs."""


class HostEntry(TypedDict):
    """Which environment a custom domain belongs to."""

    environment_id: str


def pointer_key(environment_id: str) -> ItemKey:
    return ItemKey(f"POINTER#{environment_id}", "POINTER")


def revision_document_key(revision_id: str) -> ItemKey:
    return ItemKey(f"DOCUMENT#{revision_id}", "DOCUMENT")


def host_key(host: str) -> ItemKey:
    """Address of a custom domain's entry; `host` in lower case, without a port."""
    return ItemKey(f"HOST#{host}", "HOST")
