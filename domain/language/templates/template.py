"""What a template holds, and the few kinds of fields that they are made of."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

from schemas.data_types import DataType, Presence, RuleName, TimestampFormat

RawField = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TypedPlace:
    """Where the events of a protocol say what they are, and where what belongs to that alone stands."""

    name: str
    """Pointer to an event's name."""
    content: str
    """`from` of the object whose keys the name decides."""


@dataclass(frozen=True, slots=True)
class Template:
    """A revision to start from: its fields as they are stored, and its settings."""

    fields: list[RawField]
    _: KW_ONLY
    title: str = ""
    about: str = ""
    """One sentence: which events it fits, and from which senders."""
    page: str = ""
    """Where to read more, within the documentation's folder."""
    additional_keys: Literal["drop", "keep"] = "keep"
    event_name: list[str] = field(default_factory=list)
    typed: TypedPlace | None = None
    """None where no plan can be made."""


def text(key: str, sent: str | None = None, *, required: bool = False, one_of: Sequence[str] = ()) -> RawField:
    """Return a STRING; `sent` is its `from` where that is not the key, as for all kinds of fields."""
    rules = [{"rule": RuleName.ONE_OF.value, "value": list(one_of)}] if one_of else []
    return _field(key, DataType.STRING, sent, required=required, rules=rules)


def moment(key: str, sent: str | None = None, *, required: bool = False) -> RawField:
    """Return a TIMESTAMP in RFC 3339."""
    made = _field(key, DataType.TIMESTAMP, sent, required=required)
    return {**made, "format": TimestampFormat.RFC3339.value}


def whole(key: str, sent: str | None = None) -> RawField:
    """Return an INT."""
    return _field(key, DataType.INT, sent)


def number(key: str, sent: str | None = None) -> RawField:
    """Return a FLOAT."""
    return _field(key, DataType.FLOAT, sent)


def truth(key: str, sent: str | None = None) -> RawField:
    """Return a BOOLEAN."""
    return _field(key, DataType.BOOLEAN, sent)


def free(key: str, sent: str | None = None, *, required: bool = False, kinds: Sequence[str] = ("object",)) -> RawField:
    """Return a JSON; no kinds are all kinds."""
    rules = [{"rule": RuleName.KINDS.value, "value": list(kinds)}] if kinds else []
    return _field(key, DataType.JSON, sent, required=required, rules=rules)


def _field(
    key: str,
    data_type: DataType,
    sent: str | None,
    *,
    required: bool = False,
    rules: Sequence[dict[str, Any]] = (),
) -> RawField:
    presence = Presence.REQUIRED if required else Presence.OPTIONAL
    made: RawField = {"key": key, "type": data_type.value, "presence": presence.value}
    if sent is not None:
        made["from"] = sent
    if rules:
        made["rules"] = list(rules)
    return made
