"""Times that protocols define, as RFC 3339 in UTC with six decimals; and what a sender's wrong clock makes of them."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.msgspec_core import DecodeError, Decoder, Raw, ValidationError, convert, encode
from domain.protocols.shared.members import texts_of, value_of

_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII).fullmatch
_DECIMALS = re.compile(r".{19}\.\d{6}()\d+", re.ASCII).match
_LONG = len("2026-11-28T13:46:45.131456Z")
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_FORMS = {
    len(form): form
    for form in (
        b'"0000-00-00T00:00:00.000Z"',
        b'"0000-00-00T00:00:00.000+00:00"',
        b'"0000-00-00T00:00:00.000000Z"',
        b'"0000-00-00T00:00:00.000000+00:00"',
    )
}
"""What senders write in UTC, by its length: its digits as zeros."""
_ZONE_OF_UTC = b'+00:00"'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN_BYTES = len('"2026-11-28T13:46:45.131456Z"')
_MICROSECOND = timedelta(0, 0, 1)
_MAX_NUMBER_CHARS = 1_000  # of a time; to read more as a number copies it several times
_EXACT_SECONDS = 2**32  # below it a double holds microseconds
_EXACT_UNTIL = _EPOCH + timedelta(0, _EXACT_SECONDS)
_EXPONENTS = {1: "", 1_000: "e-3", 1_000_000: "e-6"}
_LATEST = 253_402_300_800 * 1_000_000  # the year 10000

_decode_moments = Decoder(list[datetime]).decode
_decode_numbers = Decoder(list[datetime], strict=False).decode

Moment = datetime
"""A time in UTC."""


def moment_from_rfc3339(text: Any) -> Moment | None:
    """Return the time that a text says, to microseconds; None where it is none."""
    if type(text) is not str:
        return None
    if len(text) > _LONG and (more := _DECIMALS(text)):
        text = text[: more.start(1)] + text[more.end() :]
    try:
        moment = convert(text, datetime)
        if text[-1] in "Zz":
            return moment
        if moment.tzinfo is None or text[-6] not in "+-":  # RFC 3339 wants a colon within a zone
            return None
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValidationError, ValueError, OverflowError):  # the last where it leaves the years of the calendar
        return None


def as_utc(text: Any) -> Any:
    """Return a time that names no zone as one of UTC; anything else as it came."""
    return f"{text}Z" if type(text) is str and _WITHOUT_ZONE(text) else text


def moment_from_unix(number: Any, units_per_second: int) -> Moment | None:
    """Return the time that a number says: seconds (1), milliseconds (1,000) or microseconds (1,000,000) since 1970.

    A number written as text counts as well. None where it is none.
    """
    kind = type(number)
    if kind is str:
        if len(number) > _MAX_NUMBER_CHARS:
            return None
        try:
            number = int(number) if number.isdecimal() else float(number)
        except ValueError:
            return None
    elif kind is not int and not isinstance(number, float):
        return None
    if 0 <= number < _EXACT_SECONDS * units_per_second:
        return convert(number / units_per_second, datetime, strict=False)
    microseconds = number * (1_000_000 // units_per_second)
    if not 0 <= microseconds < _LATEST:
        return None
    whole: int = round(microseconds)
    return _EPOCH + _MICROSECOND * whole


def moments_from_unix(numbers: Sequence[Any], units_per_second: int) -> Sequence[Moment | None]:
    """Return the times that numbers say, like `moment_from_unix`: of many, in a tenth of the time.

    Args:
        numbers: members of events; or what members were parsed to, most of them texts.
        units_per_second: 1, 1,000 or 1,000,000.
    """
    moments = all_from_unix(numbers, units_per_second)
    return [_one_from_unix(number, units_per_second) for number in numbers] if moments is None else moments


def all_from_unix(numbers: Sequence[Any], units_per_second: int) -> list[Moment] | None:
    """Return the times that numbers say, like `moments_from_unix`; None where some say none, or one far from now."""
    if not numbers:
        return []
    exponent = _EXPONENTS[units_per_second]
    try:
        if isinstance(numbers[0], str):
            if max(map(len, numbers)) > _MAX_NUMBER_CHARS:
                return None
            together = f"{exponent},".join(numbers).encode()
        else:
            together = f"{exponent},".encode().join(numbers)
        moments = _decode_numbers(b"[%b%b]" % (together, exponent.encode()))
    except (DecodeError, UnicodeEncodeError, TypeError):  # one is no number, or was parsed to something else
        return None
    # What is quoted may be a time as well, and a text may hold two numbers.
    are_numbers = len(moments) == len(numbers) and b'"' not in together
    return moments if are_numbers and min(moments) >= _EPOCH and max(moments) < _EXACT_UNTIL else None


def _one_from_unix(number: Any, units_per_second: int) -> Moment | None:
    moments = all_from_unix([number], units_per_second)
    if moments is not None:
        return moments[0]
    return moment_from_unix(value_of(number) if isinstance(number, Raw) else number, units_per_second)


def moment_from_ns(nanoseconds: int) -> Moment:
    """Return a time of a clock."""
    return _EPOCH + _MICROSECOND * (nanoseconds // 1_000)


def written_moment(moment: Moment) -> bytes:
    """Return the JSON text of `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    written = encode(moment)
    return written if len(written) == _WRITTEN_BYTES else b'%b.000000Z"' % written[:-2]  # a whole second


def written_moments(moments: Sequence[Moment | None]) -> Sequence[bytes | None]:
    """Return the JSON texts of times like `written_moment`: of many, in a fraction of the time. None for None."""
    if not all(moments):
        return [None if moment is None else written_moment(moment) for moment in moments]
    written = encode(moments)
    texts = written[1:-1].split(b",") if moments else []
    if len(written) == len(moments) * (_WRITTEN_BYTES + 1) + 1:
        return texts
    return [text if len(text) == _WRITTEN_BYTES else b'%b.000000Z"' % text[:-2] for text in texts]


def as_members(moments: Sequence[Moment | None]) -> list[Any]:
    """Return times as members of an event, which are written like `written_moment`; None for None."""
    # A time is written like a member, unless it is a whole second.
    return [moment if moment is None or moment.microsecond else Raw(written_moment(moment)) for moment in moments]


def text_from_moment(moment: Moment) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffffZ`."""
    return written_moment(moment)[1:-1].decode()


def moments_of_one_form(members: Sequence[Raw]) -> list[Moment] | None:
    """Return the times that members of an event say, of which each is written in the same usual form; else None."""
    form = _FORMS.get(len(bytes(members[0]))) if members else None
    if form is None:
        return None
    together = b",".join(members)
    if together.translate(_ZEROS) != b",".join([form] * len(members)):
        return None
    if form.endswith(_ZONE_OF_UTC) and together.count(_ZONE_OF_UTC) < len(members):  # one is of another zone
        return None
    try:
        return _decode_moments(b"[%b]" % together)
    except DecodeError:  # one is no date
        return None


def moments_from_rfc3339(members: Sequence[Raw]) -> Sequence[Moment | None]:
    """Return the times that members of events say; None for what is no time."""
    moments = moments_of_one_form(members)
    return list(map(moment_from_rfc3339, texts_of(members))) if moments is None else moments


class SenderClock:
    """How far a sender's clock is off, by the time of sending that a request says; None: it says none.

    An event's time is corrected to `received - (sent - made)`. A time of sending before the event was made is not
    believed, and leaves the event's time as it is.

    Some senders write the time of their own clock and no zone. Such times tell how long an event waited, but only
    compared with each other.
    """

    __slots__ = ("_as_sent", "_has_zone", "_is_off", "is_known", "sent")

    def __init__(self, sent: Any, received: Moment, read: Callable[[Any], Moment | None] = moment_from_rfc3339) -> None:
        """Read the time of sending; one that is no time counts as none, and stays as it came in `sent_text`."""
        self.sent = None if sent is None else read(sent)
        self._has_zone = True
        if self.sent is None and sent is not None:
            self.sent = read(as_utc(sent))
            self._has_zone = self.sent is None
        self.is_known = sent is None or self.sent is not None
        """Whether `sent_text` is a time, or none was said."""
        self._as_sent = sent
        self._is_off = None if self.sent is None else received - self.sent

    @property
    def sent_text(self) -> Any:
        """The time of sending; what is none as it came."""
        return self._as_sent if self.sent is None else text_from_moment(self.sent)

    def _by_receiver(self, made: Moment, *, has_zone: bool) -> Moment:
        if self._is_off is not None and has_zone is self._has_zone and self.sent >= made:  # type: ignore[operator] # they are there together
            with suppress(OverflowError):
                return made + self._is_off
        return made

    def moments_of(self, members: Sequence[Raw]) -> tuple[Sequence[Moment | None], Sequence[Moment | None]]:
        """Return when events were made, by the members that say it: by their sender, and by who received them.

        A text without a zone says it, too; None where a member does not say it.
        """
        of_one_form = moments_of_one_form(members)
        if of_one_form is not None:
            return of_one_form, self.all_by_receiver(of_one_form)
        made: list[Moment | None] = []
        by_receiver: list[Moment | None] = []
        for text in texts_of(members):
            moment = moment_from_rfc3339(text)
            has_zone = moment is not None
            if moment is None:
                moment = moment_from_rfc3339(as_utc(text))
            made.append(moment)
            by_receiver.append(None if moment is None else self._by_receiver(moment, has_zone=has_zone))
        return made, by_receiver

    def all_by_receiver(self, made: Sequence[Moment | None]) -> Sequence[Moment | None]:
        """Return when events were made, by the clock that received them: of many, in less than half of the time."""
        sent, is_off = self.sent, self._is_off
        if sent is None or is_off is None or not self._has_zone:
            return made
        try:
            return [moment if moment is None or moment > sent else moment + is_off for moment in made]
        except OverflowError:
            return [None if moment is None else self._by_receiver(moment, has_zone=True) for moment in made]
