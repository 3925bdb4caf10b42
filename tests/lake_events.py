"""Events for lakes of either format: of every type, and in two objects that share their notes."""

from datetime import UTC, date, datetime

from tests.landed import KEY, MemoryObjects, landed

MARK = b" "
DERIVED = f"evt_{0:012}8{0:015}"
EVERY_TYPE = [
    {"key": "text", "type": "STRING"},
    {"key": "whole", "type": "INT"},
    {"key": "real", "type": "FLOAT"},
    {"key": "flag", "type": "BOOLEAN"},
    {"key": "wall", "type": "DATETIME"},
    {"key": "seconds", "type": "TIMESTAMP"},
    {"key": "moment", "type": "TIMESTAMP", "format": "rfc3339"},
    {"key": "day", "type": "DATE"},
    {"key": "free", "type": "JSON"},
    {"key": "inner", "type": "OBJECT", "fields": [
        {"key": "city", "type": "STRING"},
        {"key": "at", "type": "TIMESTAMP"},
        {"key": "free", "type": "JSON"},
    ]},
    {"key": "items", "type": "ARRAY_OBJECT", "fields": [
        {"key": "sku", "type": "STRING"},
        {"key": "tags", "type": "ARRAY_STRING"},
    ]},
    {"key": "numbers", "type": "ARRAY_INT"},
    {"key": "moments", "type": "ARRAY_TIMESTAMP", "format": "unix_milliseconds"},
    {"key": "frees", "type": "ARRAY_JSON"},
]  # fmt: skip
VALUES = {
    "text": 'Ünïcödé 日本 \U0001f680 "quoted"\n\x00',
    "whole": -(2**63),
    "real": 2**60 + 1,
    "flag": False,
    "wall": "0001-01-01 00:00:00.5",
    "seconds": 253402300799,
    "moment": "2026-11-02T10:00:00.123456Z",
    "day": "9999-12-31",
    "free": {"b": 18446744073709551615, "a": [None, 1.5, "é"]},
    "inner": {"city": "Köln", "at": -1, "free": "text"},
    "items": [{"sku": "A", "tags": []}, {"sku": "B", "tags": ["x", "y"]}],
    "numbers": [2**63 - 1, 0],
    "moments": ["2026-11-02T10:00:00.001000Z"],
    "frees": [{"k": None}, "s", 1],
}
STORED = {
    **VALUES,
    "real": float(2**60),
    "wall": datetime(1, 1, 1, 0, 0, 0, 500_000),
    "seconds": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    "moment": datetime(2026, 11, 2, 10, 0, 0, 123_456, tzinfo=UTC),
    "day": date(9999, 12, 31),
    "free": '{"b":18446744073709551615,"a":[null,1.5,"é"]}',
    "inner": {"city": "Köln", "at": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "free": '"text"'},
    "moments": [datetime(2026, 11, 2, 10, 0, 0, 1_000, tzinfo=UTC)],
    "frees": ['{"k":null}', '"s"', "1"],
    "_extra": '{"/more":{"x":null}}',
}


def delivered(outcomes):
    return outcomes.delivered.total()


def two_objects(first, second):
    """Return two landed objects that share a landing bucket and its notes."""
    objects = MemoryObjects()
    return landed(first, objects=objects), landed(second, objects=objects, key=KEY.replace("one.gz", "two.gz"))
