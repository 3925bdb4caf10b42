"""The words a field is made of: types, presences and rules, each a closed set, and which rule fits which type.

Plain enumerations without a model layer, so that the hot path and the models share one spelling.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class DataType(StrEnum):
    """The type of a field."""

    STRING = "STRING"
    INT = "INT"
    FLOAT = "FLOAT"
    BOOLEAN = "BOOLEAN"
    DATETIME = "DATETIME"
    TIMESTAMP = "TIMESTAMP"
    OBJECT = "OBJECT"
    ARRAY_OBJECT = "ARRAY_OBJECT"
    ARRAY_STRING = "ARRAY_STRING"
    ARRAY_INT = "ARRAY_INT"
    ARRAY_FLOAT = "ARRAY_FLOAT"


class Presence(StrEnum):
    """What a missing or null key means."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    DEFAULT = "default"
    MACRO = "macro"


class RuleName(StrEnum):
    """What a rule looks at."""

    REGEX = "regex"
    MIN_LENGTH = "min_length"
    MAX_LENGTH = "max_length"
    MIN_VALUE = "min_value"
    MAX_VALUE = "max_value"
    ONE_OF = "one_of"
    MIN_ITEMS = "min_items"
    MAX_ITEMS = "max_items"


PARENT_TYPES = frozenset({DataType.OBJECT, DataType.ARRAY_OBJECT})
"""The types that have children."""

ELEMENT_TYPE: Mapping[DataType, DataType] = MappingProxyType(
    {
        DataType.ARRAY_OBJECT: DataType.OBJECT,
        DataType.ARRAY_STRING: DataType.STRING,
        DataType.ARRAY_INT: DataType.INT,
        DataType.ARRAY_FLOAT: DataType.FLOAT,
    }
)
"""The type of an array's elements; types that are not arrays have no entry."""

_STRINGS = frozenset({DataType.STRING, DataType.ARRAY_STRING})
_NUMBERS = frozenset({DataType.INT, DataType.FLOAT, DataType.ARRAY_INT, DataType.ARRAY_FLOAT})
_ARRAYS = frozenset(ELEMENT_TYPE)

RULE_TYPES: Mapping[RuleName, frozenset[DataType]] = MappingProxyType(
    {
        RuleName.REGEX: _STRINGS,
        RuleName.MIN_LENGTH: _STRINGS,
        RuleName.MAX_LENGTH: _STRINGS,
        RuleName.MIN_VALUE: _NUMBERS,
        RuleName.MAX_VALUE: _NUMBERS,
        RuleName.ONE_OF: _STRINGS | {DataType.INT, DataType.ARRAY_INT},
        RuleName.MIN_ITEMS: _ARRAYS,
        RuleName.MAX_ITEMS: _ARRAYS,
    }
)
"""The types each rule may stand on; on an array of scalars, all but the item counts judge each element."""
