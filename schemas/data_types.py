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
    DATE = "DATE"
    JSON = "JSON"
    OBJECT = "OBJECT"
    ARRAY_OBJECT = "ARRAY_OBJECT"
    ARRAY_STRING = "ARRAY_STRING"
    ARRAY_INT = "ARRAY_INT"
    ARRAY_FLOAT = "ARRAY_FLOAT"
    ARRAY_BOOLEAN = "ARRAY_BOOLEAN"
    ARRAY_DATETIME = "ARRAY_DATETIME"
    ARRAY_TIMESTAMP = "ARRAY_TIMESTAMP"
    ARRAY_DATE = "ARRAY_DATE"
    ARRAY_JSON = "ARRAY_JSON"


class TimestampFormat(StrEnum):
    """How a TIMESTAMP stands in the event; all but the first are stored as RFC 3339 in UTC."""

    UNIX_SECONDS = "unix_seconds"
    UNIX_MILLISECONDS = "unix_milliseconds"
    UNIX_MICROSECONDS = "unix_microseconds"
    RFC3339 = "rfc3339"


class StringFormat(StrEnum):
    """What the rule `format` can ask of a string."""

    EMAIL = "email"
    URI = "uri"
    URI_REFERENCE = "uri_reference"
    UUID = "uuid"
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    HOSTNAME = "hostname"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "date_time"
    JSON_POINTER = "json_pointer"
    COUNTRY_CODE = "country_code"
    CURRENCY_CODE = "currency_code"
    LANGUAGE_TAG = "language_tag"


class Kind(StrEnum):
    """The kinds of JSON values, as JSON Schema has them: `1.0` is an `integer`, and every integer is a `number`."""

    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class InnerKind(StrEnum):
    """The kinds of what stands inside of a JSON value, where null is a value like others."""

    OBJECT = "object"
    ARRAY = "array"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"


class Protect(StrEnum):
    """What is stored instead of a protected value."""

    HASH = "hash"
    REDACT = "redact"
    IP_PREFIX = "ip_prefix"
    EMAIL_DOMAIN = "email_domain"
    LAST_4 = "last_4"


MAY_STAY_AWAY = frozenset({Protect.REDACT, Protect.IP_PREFIX, Protect.EMAIL_DOMAIN})
"""Protections that store nothing of some values, those of required fields too."""


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
    MAX_BYTES = "max_bytes"
    FORMAT = "format"
    KINDS = "kinds"
    VALUE_KINDS = "value_kinds"
    ELEMENT_KINDS = "element_kinds"
    MIN_PROPERTIES = "min_properties"
    MAX_PROPERTIES = "max_properties"
    UNIQUE_ITEMS = "unique_items"
    MULTIPLE_OF = "multiple_of"


PARENT_TYPES = frozenset({DataType.OBJECT, DataType.ARRAY_OBJECT})
"""The types that have children."""

ELEMENT_TYPE: Mapping[DataType, DataType] = MappingProxyType(
    {
        DataType.ARRAY_OBJECT: DataType.OBJECT,
        DataType.ARRAY_STRING: DataType.STRING,
        DataType.ARRAY_INT: DataType.INT,
        DataType.ARRAY_FLOAT: DataType.FLOAT,
        DataType.ARRAY_BOOLEAN: DataType.BOOLEAN,
        DataType.ARRAY_DATETIME: DataType.DATETIME,
        DataType.ARRAY_TIMESTAMP: DataType.TIMESTAMP,
        DataType.ARRAY_DATE: DataType.DATE,
        DataType.ARRAY_JSON: DataType.JSON,
    }
)
"""The type of an array's elements; types that are not arrays have no entry."""

_STRINGS = frozenset({DataType.STRING, DataType.ARRAY_STRING})
_NUMBERS = frozenset({DataType.INT, DataType.FLOAT, DataType.ARRAY_INT, DataType.ARRAY_FLOAT})
_BOOLEANS = frozenset({DataType.BOOLEAN, DataType.ARRAY_BOOLEAN})
_DATES = frozenset({DataType.DATE, DataType.ARRAY_DATE})
_JSON = frozenset({DataType.JSON, DataType.ARRAY_JSON})
_ARRAYS = frozenset(ELEMENT_TYPE)

RULE_TYPES: Mapping[RuleName, frozenset[DataType]] = MappingProxyType(
    {
        RuleName.REGEX: _STRINGS,
        RuleName.MIN_LENGTH: _STRINGS,
        RuleName.MAX_LENGTH: _STRINGS,
        RuleName.MIN_VALUE: _NUMBERS,
        RuleName.MAX_VALUE: _NUMBERS,
        RuleName.ONE_OF: _STRINGS | _NUMBERS | _BOOLEANS | _DATES,
        RuleName.MIN_ITEMS: _ARRAYS,
        RuleName.MAX_ITEMS: _ARRAYS,
        RuleName.MAX_BYTES: _STRINGS,
        RuleName.FORMAT: _STRINGS | _JSON,
        RuleName.KINDS: _JSON,
        RuleName.VALUE_KINDS: _JSON,
        RuleName.ELEMENT_KINDS: _JSON,
        RuleName.MIN_PROPERTIES: _JSON,
        RuleName.MAX_PROPERTIES: _JSON,
        RuleName.UNIQUE_ITEMS: _ARRAYS - {DataType.ARRAY_OBJECT, DataType.ARRAY_JSON},
        RuleName.MULTIPLE_OF: frozenset({DataType.INT, DataType.ARRAY_INT}),
    }
)
"""The types each rule may stand on; on an array of scalars, all but the rules of arrays validate each element."""
