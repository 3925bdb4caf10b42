"""Types that the JSON parser reads objects into, made of fields, and how what is stored comes out of such a record.

Parsing into a type validates at once: types of values, bounds of numbers and lengths, choices, keys that are missing or
unknown. What the types have no word for, such as patterns, is looked at afterwards. Where fields are stored as they are
sent, the record itself is stored. Elsewhere a function is written for the fields that takes the values from where they
are: a loop over the fields would take three times as long.

What is `None` is left out when a record is encoded, so a null that was sent is dropped.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.msgspec_core import UNSET, UnsetType, decode, defstruct, field
from domain.validation.finish_code import Finish, FinishCode
from domain.validation.json_values import JSON_TYPES
from domain.validation.looks import Look, as_stored_check, conversion, nullable
from domain.validation.read_places import Place, UnnameableError, layers_of
from domain.validation.scalar_schemas import Further, Schema, further_of
from domain.validation.scalars import stored_default
from domain.validation.value_types import ANY_JSON, Field, any_json, value_type
from schemas.places import Path, path_of, pointer_of
from schemas.stamps import EXTRA


class RecordType(NamedTuple):
    """What the parser reads an object into, and how what is stored comes out of a record."""

    type: Any
    look: Look | None
    """Says cheaply of most records that they are stored as they are; None where none is, or all are."""
    finish: Finish | None
    """Makes what is stored of any record; None where all are stored as they are."""
    is_strict: bool
    """Whether an object with anything that no field names is refused."""

    def stored_of(self, record: Any) -> Any:
        """Return what is stored of a record.

        Raises:
            UnfitError, DecodeError: it is not accepted.
        """
        if self.finish is None or (self.look is not None and self.look.is_stored(record)):
            return record
        return self.finish(record)

    def all_stored_of(self, records: list[Any]) -> list[Any]:
        """Return what is stored of several; raises as above where one is not accepted."""
        if self.finish is None or (self.look is not None and self.look.are_stored(records)):
            return records
        return list(map(self.stored_of if self.look is not None else self.finish, records))


def record_type(
    fields: Sequence[Field],
    *,
    strict: bool,
    takes_null: bool = True,
    keeps: bool = False,
    learned: Sequence[Path] = (),
    narrow: bool = False,
) -> RecordType:
    """Return the type of an object with these fields.

    Args:
        fields: of the object.
        strict: whether what no field names is to be refused; it is where that can be told, and dropped elsewhere.
        takes_null: whether null may be sent for what has a default, which takes time even where it is not.
        keeps: whether the object is an event's that has room for `_extra`.
        learned: places that no field names, which a strict type takes to `_extra`.
        narrow: whether of JSON the narrow types are meant.

    Raises:
        UnnameableError: the parser has no name for a key, or too many fields read the same place.
    """
    layers = layers_of(fields)
    inner = {
        index: record_type(one["fields"], strict=strict, takes_null=takes_null, narrow=narrow)
        for index, one in enumerate(fields)
        if one.get("fields")
    }
    is_strict = strict and len(layers) == 1 and all(below.is_strict for below in inner.values())
    if strict and not is_strict:
        return record_type(fields, strict=False, takes_null=takes_null, keeps=keeps, narrow=narrow)
    for path in learned:
        layers[0].give(path, pointer_of(path))
    is_as_sent = (
        len(layers) == 1
        and all(path_of(one) == (one["key"],) and one["presence"] != "macro" for one in fields)
        and not (learned or (keeps and not is_strict))
    )
    maker = _Maker(fields, inner, strict=is_strict, takes_null=takes_null, narrow=narrow, is_as_sent=is_as_sent)
    try:
        made, finish = maker.as_sent(layers[0]) if is_as_sent else maker.put_together(layers, keeps=keeps)
    except ValueError as error:
        raise UnnameableError from error
    return RecordType(made, maker.look() if is_as_sent else None, finish, is_strict)


def set_extra(stored: Any, extra: Mapping[str, Any] | None) -> None:
    """Give `_extra` to what is stored of an event, of a type that has room for it and is not strict."""
    stored.extra = extra


def _name(index: int) -> str:
    return f"f{index}"


class _Way(NamedTuple):
    """How the values of a record are reached, by the code that takes them."""

    code: FinishCode
    variable: str
    """That holds the object."""
    places: dict[int, str]
    """Of the fields by index: what takes their values."""
    learned: list[tuple[str, str]]
    """Pointers of what no field names, and what takes it."""
    is_strict: bool
    """Whether an object with anything that no field names is refused."""


class _Maker:
    """Makes the types of one object, and what takes what is stored out of their records."""

    def __init__(
        self,
        fields: Sequence[Field],
        inner: Mapping[int, RecordType],
        *,
        strict: bool,
        takes_null: bool,
        narrow: bool,
        is_as_sent: bool,
    ) -> None:
        self._fields = fields
        self._inner = inner
        self._strict = strict
        self._narrow = narrow
        self._edit: Finish | None = None
        self._further: dict[int, Further] = {
            index: found
            for index, one in enumerate(fields)
            if not one.get("fields") and (found := further_of(one)) is not None
        }
        self._finished = {index: below for index, below in inner.items() if below.finish is not None}
        self._json = [index for index, one in enumerate(fields) if one["type"] in JSON_TYPES]
        # What stands for an object on the way that was not sent is the same for all events, and records are edited.
        self._defaults = dict.fromkeys(
            index
            for index, one in enumerate(fields)
            if one["presence"] == "default" and (takes_null or (one["type"] == "OBJECT" and not is_as_sent))
        )

    def as_sent(self, place: Place) -> tuple[Any, Finish | None]:
        """Return the type of an object that is stored as it is sent, and what edits its records, if anything is."""
        record = self._struct(place)
        if not (self._further or self._finished or self._json or self._defaults):
            return record, None
        return record, self._edited_in_place if self._may_look() else self._edit_in_place()

    def _edited_in_place(self, record: Any) -> Any:
        """Edit a record, as few have to be: what does it is written when the first one is."""
        if self._edit is None:
            self._edit = self._edit_in_place()
        return self._edit(record)

    def _edit_in_place(self) -> Finish:
        code = FinishCode()
        places = {index: f"record.{_name(index)}" for index in range(len(self._fields))}
        self._add_edits(code, places, in_place=True)
        return code.made()

    def _may_look(self) -> bool:
        """Say whether a record may be stored as it is."""
        return not (
            self._json
            or self._defaults
            or any(found.as_stored is None for found in self._further.values())
            or any(below.look is None for below in self._finished.values())
        )

    def look(self) -> Look | None:
        """Return what says so of most records; None where it is not so, or of all."""
        if not self._may_look():
            return None
        checks: list[tuple[str, Schema]] = []
        arrays: list[tuple[str, Look]] = []
        for index, one in enumerate(self._fields):
            may_be_missing = one["presence"] != "required"
            if index in self._further:
                as_stored = self._further[index].as_stored
                assert as_stored is not None
                checks.append((_name(index), nullable(as_stored, may_be_missing=may_be_missing)))
            look = self._finished[index].look if index in self._finished else None
            if look is None:
                continue
            if one["type"] == "ARRAY_OBJECT":
                arrays.append((_name(index), look))
                continue
            way = f"{_name(index)}."
            checks += [(way + name, nullable(schema, may_be_missing=may_be_missing)) for name, schema in look.checks]
            arrays += [(way + name, below) for name, below in look.arrays]
        return Look(checks, arrays) if checks or arrays else None

    def put_together(self, layers: Sequence[Place], *, keeps: bool) -> tuple[Any, Finish]:
        """Return the type of an object, and what takes what is stored out of a record, or of a parsed object."""
        code = FinishCode()
        places: dict[int, str] = {}
        learned: list[tuple[str, str]] = []
        types: list[Any] = []
        for number, layer in enumerate(layers):
            variable = "record" if len(layers) == 1 else code.layer(number)
            types.append(self._struct(layer, _Way(code, variable, places, learned, self._strict)))
            code.bind_layer(number, types[-1])
        self._add_edits(code, places, in_place=False)
        values = [places[index] for index in range(len(self._fields))]
        if keeps:
            values.insert(0, code.gather(learned))
        made = code.made(self._stored_type(keeps=keeps), values)
        return types[0] if len(types) == 1 else dict[str, Any], made

    def _struct(self, place: Place, way: _Way | None = None) -> Any:
        """Return the type of an object on the way of pointers; with `way`, what takes its values is written."""
        members: list[Any] = []
        keys: dict[str, str] = {}
        for number, (key, reader) in enumerate(place.keys.items()):
            if type(reader) is int:
                name = _name(reader)
                members.append((name, *self._member(reader)))
                if way is not None:
                    way.places[reader] = f"{way.variable}.{name}"
                    for part, inner in enumerate(place.inside.get(key, ())):
                        self._inside(inner, f"{way.variable}.{name}", f"{way.variable}_{name}_{part}", way)
            elif type(reader) is str:
                name = f"u{number}"
                members.append((name, any_json(narrow=self._narrow) | UnsetType, UNSET))
                assert way is not None
                way.learned.append((reader, f"{way.variable}.{name}"))
            else:
                assert type(reader) is Place
                assert way is not None
                name = f"c{number}"
                members.append((name, *self._container(reader, name, way)))
            keys[name] = key
        is_container = way is not None and "_" in way.variable
        return defstruct(
            "Record",
            members,
            rename=keys,
            kw_only=True,
            frozen=is_container,
            omit_defaults=True,
            forbid_unknown_fields=self._strict if way is None else way.is_strict,
            gc=False,
        )

    def _inside(self, place: Place, taken: str, variable: str, way: _Way) -> None:
        """Have what fields read of a JSON field's value taken out of it, which names all that it holds."""
        is_needed = self._is_needed(place)
        way.code.enter_object(variable, taken, is_needed=is_needed)
        made = self._struct(place, way._replace(variable=variable, is_strict=False))
        way.code.bind_object(variable, made, None if is_needed else made())

    def _container(self, place: Place, name: str, way: _Way) -> tuple[Any, ...]:
        """Return the type of an object that fields only read into, and what stands where none was sent."""
        code, inner = way.code, way._replace(variable=f"{way.variable}_{name}")
        is_needed = self._is_needed(place)
        taken = f"{way.variable}.{name}"
        if is_needed:
            code.enter(inner.variable, taken)
        elif way.is_strict:  # of such an object, no field names that it is empty
            code.enter_not_empty(inner.variable, taken, self._none_if_empty(place))
        else:
            code.enter_or_empty(inner.variable, taken)
        made = self._struct(place, inner)
        if is_needed:
            return (made,)
        empty = made()
        code.bind_empty(inner.variable, empty)
        return made if way.is_strict else made | None, empty

    def _none_if_empty(self, place: Place) -> str | None:
        """Return a member of an object that is `None` where the object was sent empty; None where no member is."""
        for reader in place.keys.values():
            if type(reader) is int and (reader in self._defaults or self._fields[reader]["presence"] != "default"):
                return _name(reader)
        return None

    def _is_needed(self, place: Place) -> bool:
        """Say whether a required field reads what stands in an object."""
        return any(
            self._is_needed(reader)
            if type(reader) is Place
            else type(reader) is int and self._fields[reader]["presence"] == "required"
            for reader in place.keys.values()
        ) or any(self._is_needed(part) for parts in place.inside.values() for part in parts)

    def _member(self, index: int) -> tuple[Any, ...]:
        """Return the type of a field's value, and what stands where none was sent, if that may be."""
        one, inner = self._fields[index], self._inner.get(index)
        wanted = value_type(one, None if inner is None else inner.type, narrow=self._narrow)
        if one["presence"] == "required":
            return (wanted,)
        if one["presence"] != "default" or index in self._defaults:
            return Any if wanted is ANY_JSON else wanted | None, None
        # A factory, since the encoder leaves out what is the default itself.
        return wanted, field(default_factory=self._default_maker(index))

    def _default_maker(self, index: int) -> Callable[[], Any]:
        """Return what makes the value that stands where nothing was sent, as it is parsed."""
        if self._fields[index]["type"] == "OBJECT":
            object_type = self._inner[index].type
            return lambda: decode(b"{}", type=object_type)
        default = stored_default(self._fields[index])
        return lambda: default

    def _add_edits(self, code: FinishCode, places: dict[int, str], *, in_place: bool) -> None:
        """Write what is done to values: they are looked at, those of objects are finished, defaults are given."""

        def target(index: int) -> str:
            if not in_place:
                places[index] = f"v{index}"
            return places[index]

        if self._further:
            values = [(found, self._fields[index]["presence"] != "required") for index, found in self._further.items()]
            sent = [places[index] for index in self._further]
            code.look_at(sent, list(map(target, self._further)), as_stored_check(values), conversion(values))
        for index, below in self._finished.items():
            is_array = self._fields[index]["type"] == "ARRAY_OBJECT"
            how = below.all_stored_of if is_array else below.finish if below.look is None else below.stored_of
            code.change(places[index], target(index), how)
        for index in self._json:
            code.change(places[index], target(index), None)
        for index in self._defaults:
            make = self._default_maker(index)
            if index in self._finished:
                make = _finished(make, self._finished[index])
            code.fill(places[index], target(index), make)

    def _stored_type(self, *, keeps: bool) -> Any:
        """Return the type of what is stored: keys in the fields' order; a macro's is written without a value, too."""
        members: list[tuple[str, Any, Any]] = [("extra", Any, None)] if keeps else []
        keys = {"extra": EXTRA}
        for index, one in enumerate(self._fields):
            members.append((_name(index), Any, UNSET if one["presence"] == "macro" else None))
            keys[_name(index)] = one["key"]
        return defstruct("Stored", members, rename=keys, omit_defaults=True, eq=False, gc=False)


def _finished(make: Callable[[], Any], below: RecordType) -> Callable[[], Any]:
    return lambda: below.stored_of(make())
