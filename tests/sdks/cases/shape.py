"""What a case is made of: an SDK, its calls, and what has to arrive."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Call = Mapping[str, Any]
Fields = Mapping[str, Any]


class Sdk(NamedTuple):
    """One SDK: its sender, the calls it is asked for, and what becomes of them.

    `sender` is a file of `senders`; those of `phones` are bundled with an SDK for React Native. `mode` is what its
    environment says besides; `schema` has the fields of the ingest environment. `expected` gives what the delivered
    event of a call has to hold. `invalid` is a call that the schema refuses. `repeats` says that the SDK sends again
    what was answered 503, `repeats_lost` what was not answered at all; `has_ids` that what it sends again has the id
    that it had. `needs_domain` says that it drops the path of its address, `needs_https` that it repeats over HTTPS
    alone; `found_by` is a command that succeeds where a sender is installed that is no package of `make sdks`.
    `sends_key` says that its requests carry the key.
    """

    sender: str
    protocol: str
    schema: Sequence[Mapping[str, Any]]
    calls: Sequence[Call]
    expected: Callable[[Call], Fields]
    invalid: Call
    repeats: bool = True
    repeats_lost: bool = True
    has_ids: bool = True
    mode: Mapping[str, str] = {}
    needs_domain: bool = False
    needs_https: bool = False
    found_by: Sequence[str] = ()
    sends_key: bool = True

    @property
    def name(self) -> str:
        """What the tests call it."""
        sender = self.sender.removeprefix("browsers/").replace("phones/", "phone_").partition(".")[0]
        return "-".join([sender, *self.mode.values()]).replace("/", "")


def optional(key: str, type_: str, source: str | None = None, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": type_, "presence": "optional", **({"from": source} if source else {}), **more}


AMOUNT = optional("amount", "INT", "/properties/amount")
"""What an invalid call holds a text for."""


def parts(call: Call, *names: str) -> dict[str, Any]:
    """Return the free objects of a call, of which an event has to hold at least this."""
    return {name: Holds(call[name]) for name in names if name in call}


class Holds(dict):
    """Is equal to an object that has these members, and may have others."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(other.get(name) == value for name, value in self.items())

    __hash__ = None


def only(calls: Sequence[Call], *names: str) -> list[Call]:
    return [call for call in calls if call["call"] in names]


def without(expected: Callable[[Call], Fields], *names: str) -> Callable[[Call], Fields]:
    """Expect all but what a browser knows itself."""
    return lambda call: {name: value for name, value in expected(call).items() if name not in names}
