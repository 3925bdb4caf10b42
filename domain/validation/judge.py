"""Validates one parsed event in full: every fault at its pointer, or the document as it is stored.

Reading by a type only says yes or no. Whatever it does not accept comes here and is validated by plain code, whose
verdict is final: it finds all faults, evaluates every rule of every value, and accepts what a type is too strict for,
such as `1.0` for an INT.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import inf
from typing import Any, Final, NamedTuple

from domain.json_kinds import spelled
from domain.msgspec_core import Struct
from domain.validation import faults as text_of
from domain.validation.event_reader import elements_reader
from domain.validation.faults import FaultText, FoundFault
from domain.validation.json_values import holds_json, json_checks
from domain.validation.scalars import Check, checks_of, reader_of, stored_default, unnamed_checks_of
from domain.validation.unnamed import NamedPlaces, are_tangled
from domain.validation.whole_numbers import has_equal_values
from schemas.limits import MAX_FAULTS_PER_EVENT
from schemas.places import escaped, path_of, pointer_of, value_at

ABSENT: Final = object()
"""What stands for a key that the stored document does not have."""


class _Enough(Exception):  # noqa: N818
    """More faults were found than an answer lists."""


class Findings:
    """What validating an event came upon: its faults, and how many values were looked at."""

    __slots__ = ("_seen", "faults", "values")

    def __init__(self, *, once_each: bool) -> None:
        self.faults: list[FoundFault] = []
        self.values = 0
        self._seen: dict[tuple[str, str], Checks | None] | None = {} if once_each else None

    def note(self, path: "Path", text: FaultText, checks: "Checks | None" = None) -> None:
        """Add a fault of the value at a path."""
        pointer = ""
        while path is not None:
            path, token = path
            pointer = f"/{token}{pointer}"
        self.note_at(pointer, text, checks)

    def note_at(self, pointer: str, text: FaultText, checks: "Checks | None" = None) -> None:
        """Add a fault at a pointer; where two fields read one place, an equal one is not added again.

        Half a character in it is written as JSON escapes it: no answer could hold it. With `checks`, one of these
        failed: each that fails is a fault of its own.
        """
        if self._seen is not None:
            fault = (pointer, text.code)
            if fault in self._seen and (checks is None or self._seen[fault] is not checks):
                return
            self._seen[fault] = checks
        self.faults.append(FoundFault(spelled(pointer), text.code, text.message))
        if len(self.faults) > MAX_FAULTS_PER_EVENT:
            raise _Enough


class Judged(Struct, gc=False):
    """The stored document, or nothing where there are faults; and how many values were looked at."""

    document: dict[str, Any] | None
    faults: list[FoundFault]
    values: int


EventJudge = Callable[[Any], Judged]
"""Takes a parsed JSON value."""

Path = tuple["Path", str | int] | None
"""Where a value stands: its parent's path, and its own key or keys, escaped, or index; pointers are made for faults."""

Judge = Callable[[Any, Path, Findings], Any]
"""Takes a value, its path and the findings to add to; returns the value as stored."""


Checks = Sequence[tuple[Check, FaultText]]
"""What the rules of one field ask of a value, each with what is wrong where it does not hold."""


class _Options(NamedTuple):
    reject_unknown: bool
    long_strings: bool


def make_event_judge(fields: Sequence[Mapping[str, Any]], *, reject_unknown: bool, long_strings: bool) -> EventJudge:
    """Return the function that validates one event; `long_strings` if its text may hold one of over 32,000 bytes.

    Keys of the document whose macro has to fill them are `None`. The function raises `NeedsExactText` where the value
    must be parsed again by `exact_value_from_text`.
    """
    is_tangled = are_tangled(fields)
    judge_root = _object_judge(fields, _Options(reject_unknown and not is_tangled, long_strings))
    named = NamedPlaces(fields) if reject_unknown and is_tangled else None

    def judge_event(value: Any) -> Judged:
        if type(value) is not dict:
            return Judged(None, [FoundFault("", *text_of.NOT_AN_OBJECT)], 1)
        found = Findings(once_each=is_tangled)
        try:
            document: dict[str, Any] = judge_root(value, None, found)
            if named is not None:
                for pointer, _ in named.unnamed_in(value, MAX_FAULTS_PER_EVENT + 1, stops=True).found:
                    found.note_at(pointer, text_of.UNKNOWN_KEY)
        except _Enough:
            return Judged(None, found.faults, found.values)
        return Judged(None if found.faults else document, found.faults, found.values)

    return judge_event


def _object_judge(fields: Sequence[Mapping[str, Any]], options: _Options) -> Judge:
    members = [_member_of(field, options) for field in fields]
    rows = list(map(_row_of, members))
    known = frozenset(member.name for member in members)

    def judge(value: Any, path: Path, found: Findings) -> Any:
        if type(value) is not dict:
            found.note(path, text_of.TYPE_OBJECT)
            return ABSENT
        document: dict[str, Any] = {}
        found.values += len(rows)
        get = value.get
        for name, plain_type, may_be_missing, read, holds, key, member in rows:
            given = get(name)
            if type(given) is plain_type:
                stored = given
            elif given is None and may_be_missing:
                continue
            else:
                stored = read(given)
            if type(stored) is FaultText or (holds is not None and not holds(stored)):
                stored = member.judge(given, stored, path, found)
                if stored is ABSENT:
                    continue
            document[key] = stored
        if options.reject_unknown:
            found.values += len(value)
            for key in value:
                if key not in known:
                    found.note((path, escaped(key)), text_of.UNKNOWN_KEY)
        return document

    return judge


_Read = Callable[[Any], Any]
"""Gives a parsed value as it is stored, or what is wrong with it as `FaultText`."""


class _Leaf(Struct, gc=False):
    """How a scalar is validated: it is read, then every check is made."""

    plain_type: type | None
    """A value of this type needs no reading."""
    read: _Read
    checks: Checks
    holds: Check | None
    """All of the checks in one; None where there are none."""

    def judge_read(self, stored: Any, path: Path, found: Findings) -> Any:
        """Note all that is wrong with a value, given what reading it gave; return it as it is stored."""
        if type(stored) is FaultText:
            found.note(path, stored)
            return ABSENT
        for holds, text in self.checks:
            if not holds(stored):
                found.note(path, text, self.checks)
        return stored

    def judge(self, value: Any, path: Path, found: Findings) -> Any:
        """Do the same with a value that is to be read."""
        return self.judge_read(self.read(value), path, found)


class _Member(Struct, gc=False):
    """A field within its object."""

    key: str
    """Under which its value is stored."""
    name: str
    """Under which the value stands in the event, or the object that leads to it."""
    steps: tuple[str, ...]
    """The keys from there on, if any."""
    token: str
    """The way to the value as it stands in a pointer, without the first slash."""
    may_be_missing: bool
    is_required: bool
    absent: Any
    """What is stored where nothing was sent: a default, the empty place of a macro, or nothing."""
    is_empty_then: bool
    """Whether an empty object is validated then, for the defaults in it."""
    leaf: _Leaf | None
    """How what stands under `name` is validated, where that is the value and a scalar."""
    judge_value: Judge
    """Validates a value."""

    def judge(self, given: Any, stored: Any, path: Path, found: Findings) -> Any:
        """Note all that is wrong with the value, given what stands under `name` and what reading that gave.

        Returns the value as it is stored.
        """
        here = path, self.token
        if self.leaf is not None and given is not None:
            return self.leaf.judge_read(stored, here, found)
        if self.steps:
            given = value_at(given, self.steps)
        if given is not None:
            return self.judge_value(given, here, found)
        if self.is_required:
            found.note(here, text_of.REQUIRED)
        return self.judge_value({}, here, found) if self.is_empty_then else self.absent


_ASKS_JUDGE = _Leaf(None, lambda _: text_of.REQUIRED, (), None)
"""Stands for a leaf where there is none: reading by it gives no value."""


def _row_of(member: _Member) -> tuple[str, type | None, bool, _Read, Check | None, str, _Member]:
    """Return what most values of a member take, as a plain tuple: these are parted in no time."""
    leaf = member.leaf or _ASKS_JUDGE
    return member.name, leaf.plain_type, member.may_be_missing, leaf.read, leaf.holds, member.key, member


def _member_of(field: Mapping[str, Any], options: _Options) -> _Member:
    data_type: str = field["type"]
    presence: str = field["presence"]
    rules = field.get("rules") or ()
    place = path_of(field)
    leaf = None
    if data_type == "OBJECT":
        judge_value = _object_judge(field["fields"], options)
    elif data_type == "ARRAY_OBJECT":
        judge_value = _object_array_judge(field["fields"], rules, options)
    elif data_type == "JSON":
        judge_value = _json_judge(rules)
    elif data_type == "ARRAY_JSON":
        judge_value = _json_array_judge(rules)
    elif data_type.startswith("ARRAY_"):
        judge_value = _scalar_array_judge(_leaf_of(data_type.removeprefix("ARRAY_"), field, options), rules)
    else:
        of_value = _leaf_of(data_type, field, options)
        judge_value = of_value.judge
        leaf = of_value if len(place) == 1 else None
    return _Member(
        key=field["key"],
        name=place[0],
        steps=place[1:],
        token=pointer_of(place)[1:],
        may_be_missing=presence == "optional",
        is_required=presence == "required",
        absent=ABSENT if presence == "optional" else stored_default(field),
        is_empty_then=presence == "default" and data_type == "OBJECT",
        leaf=leaf,
        judge_value=judge_value,
    )


_PLAIN_TYPES: Mapping[str, type] = {"BOOLEAN": bool, "STRING": str, "FLOAT": float}
"""Of these types, values are stored as they were parsed: no parser gives an infinite float."""


def _leaf_of(data_type: str, field: Mapping[str, Any], options: _Options) -> _Leaf:
    bounds_strings = options.long_strings and data_type == "STRING"
    plain_type = None if bounds_strings else _PLAIN_TYPES.get(data_type)
    read = reader_of(data_type, field.get("format"), bounds_strings=bounds_strings)
    checks_of_rule = checks_of if not field.get("protect") else unnamed_checks_of
    checks = [check for rule in field.get("rules") or () for check in checks_of_rule(rule)]
    return _Leaf(plain_type, read, checks, reduce(_both, [holds for holds, _ in checks]) if checks else None)


def _both(one: Check, other: Check) -> Check:
    return lambda value: one(value) and other(value)


def _object_array_judge(
    children: Sequence[Mapping[str, Any]], rules: Sequence[Mapping[str, Any]], options: _Options
) -> Judge:
    check_length = _length_check(rules)
    judge_element = _object_judge(children, options)
    # The fault of an event is mostly elsewhere: an array that can be read by a type needs no second look.
    is_shortened = not options.long_strings and not holds_json(children)
    accepted_elements = elements_reader(children, refuses_unknown=options.reject_unknown) if is_shortened else None

    def judge(value: Any, path: Path, found: Findings) -> Any:
        if not check_length(value, path, found):
            return ABSENT
        if accepted_elements is not None:
            elements = accepted_elements(value)
            if elements is not None:
                found.values += len(value)
                return elements
        return [judge_element(element, (path, index), found) for index, element in enumerate(value)]

    return judge


def _scalar_array_judge(leaf: _Leaf, rules: Sequence[Mapping[str, Any]]) -> Judge:
    check_length = _length_check(rules)
    is_unique = any(rule["rule"] == "unique_items" for rule in rules)
    plain_type, read, holds = leaf.plain_type, leaf.read, leaf.holds

    def judge(value: Any, path: Path, found: Findings) -> Any:
        if not check_length(value, path, found):
            return ABSENT
        elements = []
        found.values += len(value)
        for index, element in enumerate(value):
            stored = element if type(element) is plain_type else read(element)
            if type(stored) is FaultText or (holds is not None and not holds(stored)):
                stored = leaf.judge_read(stored, (path, index), found)
            elements.append(stored)
        if is_unique and ABSENT not in elements and has_equal_values(value):
            found.note(path, text_of.UNIQUE_ITEMS)
        return elements

    return judge


def _json_judge(rules: Sequence[Mapping[str, Any]]) -> Judge:
    from domain.validation.stored_json import stored_json  # noqa: PLC0415 - few revisions have such fields

    checks = json_checks(rules)

    def judge(value: Any, path: Path, found: Findings) -> Any:
        def report(way: tuple[str | int, ...], text: FaultText) -> None:
            here = path
            for step in way:
                here = (here, escaped(step) if type(step) is str else step)
            found.note(here, text)

        for holds, text in checks:
            if not holds(value):
                found.note(path, text, checks)
        return stored_json(value, report)

    return judge


def _json_array_judge(rules: Sequence[Mapping[str, Any]]) -> Judge:
    check_length = _length_check(rules)
    judge_element = _json_judge(rules)

    def judge(value: Any, path: Path, found: Findings) -> Any:
        if not check_length(value, path, found):
            return ABSENT
        found.values += len(value)
        elements = []
        for index, element in enumerate(value):
            if element is None:
                found.note((path, index), text_of.NULL_ELEMENT)
            else:
                elements.append(judge_element(element, (path, index), found))
        return elements

    return judge


def _length_check(rules: Sequence[Mapping[str, Any]]) -> Callable[[Any, Path, Findings], bool]:
    """Return a function that notes what is wrong with an array as a whole; False where it is none."""
    least, most = 0, inf
    too_few = too_many = text_of.TYPE_ARRAY
    for rule in rules:
        if rule["rule"] == "min_items":
            least, too_few = rule["value"], text_of.min_items(rule["value"])
        elif rule["rule"] == "max_items":
            most, too_many = rule["value"], text_of.max_items(rule["value"])

    def check(value: Any, path: Path, found: Findings) -> bool:
        if type(value) is not list:
            found.note(path, text_of.TYPE_ARRAY)
            return False
        if len(value) < least:
            found.note(path, too_few)
        elif len(value) > most:
            found.note(path, too_many)
        return True

    return check
