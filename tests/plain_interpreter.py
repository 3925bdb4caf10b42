"""A slow and plain interpreter of the contract for one event: the oracle for the compiled validator.

Nothing here is shared with what ingest runs, but for the patterns of the rule `format`: JSON is read by the standard
library, numbers are judged on their text, dates by `datetime`, patterns by RE2.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any, NamedTuple

import re2

from domain.validation.formats import FORMAT_CHECKS, FORMAT_REGEXES
from schemas.limits import (
    INT64_MAX,
    INT64_MIN,
    MAX_JSON_DEPTH,
    MAX_STRING_BYTES,
    TIMESTAMP_MAX_SECONDS,
    TIMESTAMP_MIN_SECONDS,
)

FaultAt = tuple[str, str]
MacroValue = Callable[[str, str], Any]
"""Gives the value of a macro (name) for a type, or None where it has none."""
Hashed = Callable[[str], str]
"""Gives what is stored instead of a text that is protected by `hash`."""


class Verdict(NamedTuple):
    """What becomes of one event: the document that is stored, or all its faults as (pointer, code)."""

    stored: dict[str, Any] | None
    faults: frozenset[FaultAt]


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written, repeated keys included."""

    __slots__ = ()


class NotJson(Exception):  # noqa: N818 - a finding, not a mishap
    pass


class Faulty(Exception):  # noqa: N818
    """A value that is not of its type."""


def no_macro_has_a_value(name: str, data_type: str) -> None:
    return None


def never_hashed(text: str) -> str:
    msg = "a tree with hashes is interpreted with what makes them"
    raise AssertionError(msg)


def interpret(
    fields: list[dict[str, Any]],
    additional_keys: str,
    text: bytes,
    macro_value: MacroValue = no_macro_has_a_value,
    hashed: Hashed = never_hashed,
    *,
    edition: int = 1,
) -> Verdict:
    """Judge one event, `text`, by a revision's fields; a macro without a value stays absent.

    Where unnamed values are kept, what is stored begins with `_extra`.
    """
    try:
        event = parse(text)
    except NotJson:
        return _refused("not_json")
    except RecursionError:  # far deeper than any event may be
        return _refused("depth")
    if levels(event) > MAX_JSON_DEPTH:
        return _refused("depth")
    in_force = [field for field in fields if is_in_force(field, event)]
    reads_json = "JSON" in json.dumps([field_types(in_force)])
    hidden = without_json(in_force, event) if reads_json else event
    if not any(has_lone_surrogate(string) for string in strings(hidden)):
        verdict = _judged(in_force, additional_keys, event, macro_value, hashed, edition)
    elif additional_keys != "keep":
        return _refused("not_json")
    else:
        # They may stand in what is kept beside the fields alone: then what is stored for the fields tells nothing of
        # what stands for them.
        verdict, other = (
            _judged(in_force, additional_keys, with_surrogates_as(stand_in, event), macro_value, hashed, edition)
            for stand_in in "\ufffd\ufffc"
        )
        if verdict.stored is not None and verdict != other:
            return _refused("not_json")
    if verdict.stored is None or additional_keys != "keep":
        return verdict
    named = named_places(in_force) + protected_places(fields)
    extra = {spelled(pointer): holdable(value) for pointer, value in unnamed(named, event, "")}
    return Verdict({"_extra": extra} | verdict.stored, frozenset()) if extra else verdict


def _judged(
    fields: list[dict[str, Any]],
    additional_keys: str,
    event: Any,
    macro_value: MacroValue,
    hashed: Hashed,
    edition: int,
) -> Verdict:
    if not isinstance(event, Pairs):
        return _refused("not_an_object")
    judge = _Judge(macro_value=macro_value, bounds_strings=edition == 1)
    stored = judge.object(fields, event, "")
    if additional_keys == "reject":
        for pointer, _ in unnamed(named_places(fields), event, ""):
            judge.faults.add((pointer, "unknown_key"))
    if judge.faults:
        return Verdict(None, frozenset(judge.faults))
    return Verdict(protected(fields, stored, hashed), frozenset())


def _refused(code: str) -> Verdict:
    return Verdict(None, frozenset({("", code)}))


def parse(text: bytes) -> Any:
    """Read RFC 8259 JSON, with or without a byte order mark, keeping numbers and repeated keys as written."""

    def refuse(constant: str) -> Any:
        raise NotJson(constant)

    try:
        decoded = text.decode("utf-8-sig")
        return json.loads(decoded, parse_float=Number, parse_int=Number, parse_constant=refuse, object_pairs_hook=Pairs)
    except ValueError:
        raise NotJson from None


def is_in_force(field: dict[str, Any], event: Any) -> bool:
    """Say whether a root field's `when` holds: every pointer's value is one of its values, as JSON."""
    return all(
        any(_is_equal(_at(event, place_of({"key": "", "from": pointer})), value) for value in values)
        for pointer, values in field.get("when", {}).items()
    )


def _is_equal(sent: Any, value: Any) -> bool:
    if isinstance(sent, Number):
        return not isinstance(value, bool) and isinstance(value, int) and whole_number(sent) == value
    return type(sent) is type(value) and sent == value


def field_types(fields: list[dict[str, Any]]) -> list[Any]:
    return [[field["type"], field_types(field.get("fields", []))] for field in fields]


def without_json(fields: list[dict[str, Any]], event: Any) -> Any:
    """Return what of an event no field of a JSON type reads, of repeated keys the last one."""
    ways = [way for way, data_type in named_places(fields) if data_type in {"JSON", "ARRAY_JSON"}]

    def rest(value: Any, ways: list[list[str | None]]) -> Any:
        if isinstance(value, Pairs):
            below = {key: [way[1:] for way in ways if way and way[0] == key] for key in dict(value)}
            return Pairs((key, rest(member, below[key])) for key, member in dict(value).items() if [] not in below[key])
        if isinstance(value, list):
            return [rest(element, [way[1:] for way in ways if way and way[0] is None]) for element in value]
        return value

    return rest(event, ways)


def levels(value: Any) -> int:
    """Count how many objects and arrays stand around the innermost one, itself included."""
    deepest = 0
    waiting = [(value, 1)]
    while waiting:
        inner, level = waiting.pop()
        if isinstance(inner, list):  # arrays, and objects as pairs
            deepest = max(deepest, level)
            waiting += [(item[1] if isinstance(inner, Pairs) else item, level + 1) for item in inner]
    return deepest


def strings(value: Any) -> Iterator[str]:
    """Yield every string of a document, keys included."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, Pairs):
            for key, item in inner:
                waiting += [key, item]
        elif isinstance(inner, list):
            waiting += inner
        elif isinstance(inner, str):
            yield inner


def has_lone_surrogate(string: str) -> bool:
    return any(0xD800 <= ord(character) <= 0xDFFF for character in string)


def whole_number(written: Number) -> int | None:
    """Return the value of a number if it is whole, exactly; anything of over 30 digits comes back as 10**30 or so."""
    sign, integer, fraction, exponent_sign, exponent = re.fullmatch(
        r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?", written
    ).groups(default="")
    exponent = exponent.lstrip("0")
    shift = 10**10 if len(exponent) > 9 else int(exponent or "0")
    if exponent_sign == "-":
        shift = -shift
    digits = (integer + fraction).lstrip("0")
    shift -= len(fraction)
    if not digits:
        return 0
    significant = digits.rstrip("0")
    shift += len(digits) - len(significant)
    if shift < 0:
        return None
    magnitude = 10**30 if len(significant) + shift > 30 else int(significant) * 10**shift
    return -magnitude if sign else magnitude


def place_of(field: dict[str, Any]) -> list[str]:
    """Return the keys that lead to a field's value from the object that holds the field."""
    written = field.get("from", field["key"])
    if not written.startswith("/"):
        return [written]
    return [token.replace("~1", "/").replace("~0", "~") for token in written[1:].split("/")]


def written_pointer(place: list[str]) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in place)


def _at(value: Any, place: list[str]) -> Any:
    for key in place:
        # The last of repeated keys counts.
        value = dict(value).get(key) if isinstance(value, Pairs) else None
    return value


Places = list[tuple[list[str | None], str]]
"""For each field: the way to it from the root, None for any element of an array, and its type."""


def named_places(fields: list[dict[str, Any]], way: tuple[str | None, ...] = ()) -> Places:
    places: Places = []
    for field in fields:
        here = [*way, *place_of(field)]
        places.append((here, field["type"]))
        if field["type"] == "ARRAY_OBJECT":
            places.append(([*here, None], "OBJECT"))
            places += named_places(field["fields"], (*here, None))
        elif field["type"] == "OBJECT":
            places += named_places(field["fields"], tuple(here))
    return places


def protected_places(fields: list[dict[str, Any]], way: tuple[str | None, ...] = ()) -> Places:
    places: Places = []
    for field in fields:
        here = (*way, *place_of(field))
        if field.get("protect"):
            places.append((list(here), field["type"]))
        inside = (*here, None) if field["type"] == "ARRAY_OBJECT" else here
        places += protected_places(field.get("fields", []), inside)
    return places


def unnamed(places: Places, value: Any, pointer: str, *, is_root: bool = True) -> Iterator[tuple[str, Any]]:
    """Yield pointer and value of each value that no field names; `places` are those from this value on."""
    read_as = [data_type for way, data_type in places if not way]
    if any(data_type not in {"OBJECT", "ARRAY_OBJECT"} for data_type in read_as):
        return
    into_keys = [place for place in places if place[0] and place[0][0] is not None]
    into_elements = [place for place in places if place[0] and place[0][0] is None]
    if isinstance(value, Pairs) and value and (into_keys or is_root):
        for key, member in dict(value).items():
            below = [(way[1:], data_type) for way, data_type in into_keys if way[0] == key]
            yield from unnamed(below, member, pointer + written_pointer([key]), is_root=False)
    elif isinstance(value, list) and not isinstance(value, Pairs) and value and into_elements:
        for index, element in enumerate(value):
            below = [(way[1:], data_type) for way, data_type in into_elements]
            yield from unnamed(below, element, f"{pointer}/{index}", is_root=False)
    elif not read_as and not is_root:
        yield pointer, value


def with_surrogates_as(stand_in: str, value: Any) -> Any:
    """Return a document with another character for each lone surrogate."""
    if isinstance(value, Pairs):
        return Pairs((with_surrogates_as(stand_in, key), with_surrogates_as(stand_in, item)) for key, item in value)
    if isinstance(value, list):
        return [with_surrogates_as(stand_in, item) for item in value]
    if isinstance(value, str) and not isinstance(value, Number):
        return re.sub("[\ud800-\udfff]", stand_in, value)
    return value


def spelled(key: str) -> str:
    return json.dumps(key)[1:-1] if has_lone_surrogate(key) else key


def holdable(sent: Any) -> Any:
    """Return a value as a line can hold it: what it can't hold as its JSON text."""
    if isinstance(sent, Pairs):
        return {spelled(key): holdable(value) for key, value in dict(sent).items()}
    if isinstance(sent, list):
        return [holdable(value) for value in sent]
    if isinstance(sent, Number):
        number = stored_number(sent)
        return str(sent) if number is None else number
    return json.dumps(sent) if isinstance(sent, str) and has_lone_surrogate(sent) else sent


def stored_number(written: Number) -> int | float | None:
    """Return a whole number of 64 bits digit by digit, another as a double; None where it is beyond these."""
    whole = whole_number(written)
    is_written_whole = re.fullmatch("-?[0-9]+", written) is not None
    if whole is not None and INT64_MIN <= whole < 2**64 and (is_written_whole or float(written) != whole):
        return whole
    return None if float(written) in {float("inf"), float("-inf")} else float(written)


def protected(fields: list[dict[str, Any]], stored: dict[str, Any], hashed: Hashed) -> dict[str, Any]:
    """Return a document with what is stored instead of its protected values."""
    shown = dict(stored)
    for field in fields:
        key, how = field["key"], field.get("protect")
        value = stored.get(key)
        if value is None:
            continue
        if field["type"] == "OBJECT":
            shown[key] = protected(field["fields"], value, hashed)
        elif field["type"] == "ARRAY_OBJECT":
            shown[key] = [protected(field["fields"], element, hashed) for element in value]
        elif how == "redact":
            del shown[key]
        elif how and isinstance(value, list):
            instead = [_instead_of(text, how, hashed) for text in value]
            shown[key] = [text for text in instead if text is not None]
        elif how:
            shown[key] = _instead_of(value, how, hashed)
            if shown[key] is None:
                del shown[key]
    return shown


def _instead_of(text: str, how: str, hashed: Hashed) -> str | None:
    match how:
        case "hash":
            return hashed(text)
        case "email_domain":
            return text[text.rindex("@") + 1 :] or None if "@" in text else None
        case "last_4":
            return "".join("*" if left > 4 or len(text) <= 4 else text[-left] for left in range(len(text), 0, -1))
    try:
        version = ipaddress.ip_address(text).version
        return None if "%" in text else str(ipaddress.ip_interface(f"{text}/{24 if version == 4 else 48}").network)
    except ValueError:
        return None


class _Judge:
    def __init__(self, *, macro_value: MacroValue, bounds_strings: bool) -> None:
        self.bounds_strings = bounds_strings
        self.macro_value = macro_value
        self.faults: set[FaultAt] = set()

    def object(self, fields: list[dict[str, Any]], sent: Pairs, pointer: str) -> dict[str, Any]:
        stored = {}
        for field in fields:
            place = place_of(field)
            value = self._value_or_stand_in(field, _at(sent, place), pointer + written_pointer(place))
            if value is not None:
                stored[field["key"]] = value
        return stored

    def _value_or_stand_in(self, field: dict[str, Any], sent: Any, pointer: str) -> Any:
        if sent is not None:
            return self._value(field, sent, pointer)
        match field.get("presence", "required"):
            case "required":
                self.faults.add((pointer, "required"))
            case "default" if field["type"] == "OBJECT":
                return self._value(field, Pairs(), pointer)
            case "default":
                return self._value(field, parse(json.dumps(field["default"]).encode()), pointer)
            case "macro":
                return self.macro_value(field["macro"], field["type"])
        return None

    def _value(self, field: dict[str, Any], sent: Any, pointer: str) -> Any:
        data_type = field["type"]
        if not data_type.startswith("ARRAY_"):
            return self._single(field, data_type, sent, pointer)
        if not isinstance(sent, list) or isinstance(sent, Pairs):
            self.faults.add((pointer, "type_array"))
            return None
        for rule in field.get("rules", []):
            if rule["rule"] == "min_items" and len(sent) < rule["value"]:
                self.faults.add((pointer, "min_items"))
            if rule["rule"] == "max_items" and len(sent) > rule["value"]:
                self.faults.add((pointer, "max_items"))
        element_type = data_type.removeprefix("ARRAY_")
        stored = [self._single(field, element_type, item, f"{pointer}/{i}") for i, item in enumerate(sent)]
        for rule in field.get("rules", []):
            if rule["rule"] == "unique_items" and None not in stored and has_equals(sent):
                self.faults.add((pointer, "unique_items"))
        return stored

    def _single(self, field: dict[str, Any], data_type: str, sent: Any, pointer: str) -> Any:
        if data_type == "JSON":
            return self._json(field, sent, pointer)
        if data_type == "OBJECT":
            if not isinstance(sent, Pairs):
                self.faults.add((pointer, "type_object"))
                return None
            return self.object(field["fields"], sent, pointer)
        try:
            value = self._scalar(field, data_type, sent)
        except Faulty as fault:
            self.faults.add((pointer, str(fault)))
            return None
        for rule in field.get("rules", []):
            if not _satisfies(rule["rule"], rule["value"], value):
                self.faults.add((pointer, rule["rule"]))
        return value

    def _json(self, field: dict[str, Any], sent: Any, pointer: str) -> Any:
        if sent is None:
            self.faults.add((pointer, "kind"))
            return None
        for rule in field.get("rules", []):
            if rule["rule"] == "kinds" and not kinds_of(sent) & set(rule["value"]):
                self.faults.add((pointer, "kind"))
            if rule["rule"] == "value_kinds" and isinstance(sent, Pairs) and not _are_of(dict(sent).values(), rule):
                self.faults.add((pointer, "kind"))
            if rule["rule"] == "element_kinds":
                arrays = dict(sent).values() if isinstance(sent, Pairs) else [sent]
                if not all(
                    _are_of(array, rule) for array in arrays if array is not None and kinds_of(array) == {"array"}
                ):
                    self.faults.add((pointer, "kind"))
            if rule["rule"] == "format" and kinds_of(sent) == {"string"} and not _is_of_format(sent, rule["value"]):
                self.faults.add((pointer, "format"))
            if rule["rule"] == "min_properties" and isinstance(sent, Pairs) and len(dict(sent)) < rule["value"]:
                self.faults.add((pointer, "min_properties"))
            if rule["rule"] == "max_properties" and isinstance(sent, Pairs) and len(dict(sent)) > rule["value"]:
                self.faults.add((pointer, "max_properties"))
        return self._any_json(sent, pointer)

    def _any_json(self, sent: Any, pointer: str) -> Any:
        if isinstance(sent, Pairs):
            if any(map(has_lone_surrogate, dict(sent))):
                self.faults.add((pointer, "type_string"))
            return {key: self._any_json(value, pointer + written_pointer([key])) for key, value in dict(sent).items()}
        if isinstance(sent, list):
            return [self._any_json(value, f"{pointer}/{index}") for index, value in enumerate(sent)]
        if isinstance(sent, Number):
            number = stored_number(sent)
            if number is None:
                self.faults.add((pointer, "out_of_range"))
            return number
        if isinstance(sent, str) and has_lone_surrogate(sent):
            self.faults.add((pointer, "type_string"))
        return sent

    def _scalar(self, field: dict[str, Any], data_type: str, sent: Any) -> Any:
        if data_type == "TIMESTAMP":
            return _moment(field.get("format", "unix_seconds"), sent)
        value = _SCALARS[data_type](sent)
        if data_type == "STRING" and self.bounds_strings and len(value.encode()) > MAX_STRING_BYTES:
            raise Faulty("string_too_long")
        return value


def _is_of_format(sent: str, name: str) -> bool:
    return not has_lone_surrogate(sent) and _satisfies("format", name, sent)


def _are_of(values: Iterable[Any], rule: dict[str, Any]) -> bool:
    return all((kinds_of(value) if value is not None else {"null"}) & set(rule["value"]) for value in values)


def kinds_of(sent: Any) -> set[str]:
    if isinstance(sent, Pairs):
        return {"object"}
    if isinstance(sent, list):
        return {"array"}
    if isinstance(sent, bool):
        return {"boolean"}
    if isinstance(sent, Number):
        return {"number"} if whole_number(sent) is None else {"number", "integer"}
    return {"string"}


def has_equals(scalars: list[Any]) -> bool:
    """Say whether two scalars of one type are equal as JSON values; numbers are compared by value."""
    values = [_number_value(scalar) if isinstance(scalar, Number) else scalar for scalar in scalars]
    return any(value in values[:index] for index, value in enumerate(values))


def _number_value(written: Number) -> Any:
    mantissa, _, exponent = written.lower().partition("e")
    power = int(exponent or "0")
    # Nothing between 1e-5000 and 1e-400 is told apart by the numbers that the tests write.
    return Fraction(mantissa) * Fraction(10) ** power if abs(power) < 5_000 else (mantissa.strip("-0.") and written)


def _is_string(sent: Any) -> bool:
    return isinstance(sent, str) and not isinstance(sent, Number)


def _string(sent: Any) -> str:
    if not _is_string(sent):
        raise Faulty("type_string")
    return sent


def _int(sent: Any) -> int:
    return _whole_within(sent, INT64_MIN, INT64_MAX, "type_int")


def _moment(form: str, sent: Any) -> Any:
    if form == "unix_seconds":
        return _whole_within(sent, TIMESTAMP_MIN_SECONDS, TIMESTAMP_MAX_SECONDS, "type_timestamp")
    if form == "rfc3339":
        return _moment_from_text(sent)
    per_second = 1_000 if form == "unix_milliseconds" else 1_000_000
    low, high = TIMESTAMP_MIN_SECONDS * per_second, (TIMESTAMP_MAX_SECONDS + 1) * per_second - 1
    units = _whole_within(sent, low, high, "type_timestamp")
    return _utc_text(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=units * 1_000_000 // per_second))


def _moment_from_text(sent: Any) -> str:
    form = (
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?"
        r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
    )
    written = re.fullmatch(form, sent) if _is_string(sent) else None
    if written is None:
        raise Faulty("type_timestamp")
    year, month, day, hour, minute, second, decimals, sign, hours, minutes = written.groups(default="")
    if sign and (int(hours) > 23 or int(minutes) > 59):
        raise Faulty("type_timestamp")
    offset = timedelta(hours=int(hours or "0"), minutes=int(minutes or "0")) * (-1 if sign == "-" else 1)
    microseconds = int(decimals[1:7].ljust(6, "0"))
    try:
        if year == "0000":  # which no datetime knows: of its moments only the last day's can be of the year 1 in UTC
            time = datetime(400, int(month), int(day), int(hour), int(minute), int(second), microseconds)
            moment = (time - offset).replace(year=(time - offset).year - 400)
        else:
            zone = timezone(offset)
            numbers = [int(part) for part in (year, month, day, hour, minute, second)]
            moment = datetime(*numbers, microseconds, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Faulty("type_timestamp") from None
    if re.fullmatch(r"[^ t]+T[^Tz]*Z", sent) and len(decimals) <= 7:
        return sent
    return _utc_text(moment)


def _utc_text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _date(sent: Any) -> str:
    if not _is_string(sent) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", sent):
        raise Faulty("type_date")
    try:
        date.fromisoformat(sent)
    except ValueError:
        raise Faulty("type_date") from None
    return sent


def _whole_within(sent: Any, low: int, high: int, type_code: str) -> int:
    value = whole_number(sent) if isinstance(sent, Number) else None
    if value is None:
        raise Faulty(type_code)
    if not low <= value <= high:
        raise Faulty("out_of_range")
    return value


def _float(sent: Any) -> float:
    if not isinstance(sent, Number):
        raise Faulty("type_float")
    value = float(sent)
    if value in {float("inf"), float("-inf")}:
        raise Faulty("out_of_range")
    return value


def _boolean(sent: Any) -> bool:
    if not isinstance(sent, bool):
        raise Faulty("type_boolean")
    return sent


def _datetime(sent: Any) -> str:
    form = r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,6})?"
    written = re.fullmatch(form, sent) if _is_string(sent) else None
    if written is None:
        raise Faulty("type_datetime")
    try:
        datetime(*(int(part) for part in written.groups()))
    except ValueError:
        raise Faulty("type_datetime") from None
    return sent


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "STRING": _string,
    "INT": _int,
    "FLOAT": _float,
    "BOOLEAN": _boolean,
    "DATETIME": _datetime,
    "DATE": _date,
}


def _satisfies(rule: str, argument: Any, value: Any) -> bool:
    match rule:
        case "regex":
            return re2.fullmatch(argument, value) is not None
        case "min_length":
            return len(value) >= argument
        case "max_length":
            return len(value) <= argument
        case "min_value":
            return value >= (float(argument) if isinstance(value, float) else argument)
        case "max_value":
            return value <= (float(argument) if isinstance(value, float) else argument)
        case "one_of":
            return value in argument
        case "format":  # what each one accepts is held by its own tests
            return re.fullmatch(FORMAT_REGEXES[argument], value) is not None and FORMAT_CHECKS.get(argument, bool)(
                value or " "
            )
        case "max_bytes":
            return len(value.encode()) <= argument
        case "multiple_of":
            return value % argument == 0
    return True
