"""From a request to the arguments of the function that serves it, by the function's annotations.

A parameter whose name stands in the path is read from there, `body` is the parsed body, all others are of the query.
What else stands in a query is a fault, as an unknown key of a body is: misspelled, a filter would filter nothing.
"""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from functions.management.problems import rejected_from_validation
from schemas.limits import MAX_ERRORS

BODY = "body"


class _Query(NamedTuple):
    name: str
    """As it stands in the query."""
    adapter: TypeAdapter[Any]
    default: Any


class Arguments:
    """Reads the arguments of one function."""

    def __init__(
        self, function: Callable[..., Any], path_names: frozenset[str], *, takes_any_query: bool = False
    ) -> None:
        """Take the function; `path_names` are the parameters of its path.

        With `takes_any_query` the function itself looks at what else stands in the query.
        """
        self._function = function
        self._path_names = path_names
        self._takes_any_query = takes_any_query

    # Made at a route's first request: a process serves few of the API's routes, and no start should wait for all.
    @cached_property
    def _body(self) -> type[BaseModel] | None:
        return get_type_hints(self._function).get(BODY)

    @cached_property
    def _query(self) -> dict[str, _Query]:
        hints = get_type_hints(self._function, include_extras=True)
        return {
            name: _Query(_name_in_query(name, hints[name]), TypeAdapter(hints[name]), parameter.default)
            for name, parameter in inspect.signature(self._function).parameters.items()
            if name != BODY and name not in self._path_names
        }

    def read(
        self, path: Mapping[str, str], query: Mapping[str, str], repeated: Collection[str], body: Any
    ) -> dict[str, Any]:
        """Return the arguments; `repeated` are the names that stand in the query more than once.

        Raises:
            Rejected: invalid_request, with the faults of the query and the body.
        """
        arguments: dict[str, Any] = dict(path)
        known = {parameter.name for parameter in self._query.values()}
        faults = list(query_faults(query, repeated, known, takes_any=self._takes_any_query))
        for name, parameter in self._query.items():
            if parameter.name not in query:
                if parameter.default is inspect.Parameter.empty:
                    faults.append({"type": "missing", "loc": (parameter.name,), "msg": "Field required"})
                arguments[name] = parameter.default
                continue
            try:
                arguments[name] = parameter.adapter.validate_python(query[parameter.name])
            except ValidationError as error:
                faults += _faults(error, parameter.name)
        if self._body is not None:
            try:
                arguments[BODY] = read_model(self._body, body)
            except ValidationError as error:
                faults += _faults(error)
        if faults:
            raise rejected_from_validation(faults)
        return arguments


def query_faults(
    query: Mapping[str, str], repeated: Collection[str], known: Collection[str], *, takes_any: bool = False
) -> Iterator[Mapping[str, Any]]:
    """Yield a fault for each parameter that there is not, unless any is taken, and for each that stands there twice."""
    for name in query:
        if name not in known:
            if not takes_any:
                yield {"type": "unknown_parameter", "loc": (_as_text(name),), "msg": "There is no such parameter."}
        elif name in repeated:
            yield {"type": "duplicate", "loc": (name,), "msg": "This parameter occurs more than once: send it once."}


def _as_text(name: str) -> str:
    """Return a name of the query as text that an answer can hold: bytes that are no UTF-8 are replaced."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def read_model(model: type[BaseModel], body: Any) -> BaseModel:
    """Return the model of a parsed body, without a look at each of very many fields that there are not.

    Raises:
        ValidationError: it has faults.
    """
    if isinstance(body, dict) and len(body) > len(model.model_fields) + MAX_ERRORS:
        known = {field.alias or name for name, field in model.model_fields.items()}
        unknown = [name for name in body if name not in known]
        body = {name: value for name, value in body.items() if name in known} | dict.fromkeys(unknown[: MAX_ERRORS + 1])
    return model.model_validate(body)


def _faults(error: ValidationError, *place: str) -> list[Mapping[str, Any]]:
    return [{**fault, "loc": (*place, *fault["loc"])} for fault in error.errors(include_url=False, include_input=False)]


def _name_in_query(name: str, hint: Any) -> str:
    if get_origin(hint) is Annotated:
        for part in get_args(hint)[1:]:
            if isinstance(part, FieldInfo) and part.alias:
                return part.alias
    return name
