"""Repairs as `ingestctl` reads them."""

import pytest

from ingestctl.problems import Misused
from ingestctl.repairs import repairs_from


def test_a_repair_is_a_kind_a_pointer_and_what_the_kind_takes():
    assert repairs_from(
        [
            "number_from_text:/items/*/price",
            "remove_key:/a:b",
            "rename_key:/a:b/prise:price",
            'set_value:/currency:"EUR"',
            'set_value:/a:b:{"c:": [1.50, null]}',
        ]
    ) == [
        {"kind": "number_from_text", "pointer": "/items/*/price"},
        {"kind": "remove_key", "pointer": "/a:b"},
        {"kind": "rename_key", "pointer": "/a:b/prise", "to": "price"},
        {"kind": "set_value", "pointer": "/currency", "value": "EUR"},
        {"kind": "set_value", "pointer": "/a:b", "value": {"c:": [1.5, None]}},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "number_from_text",
        "number_from_text:price",
        "rename_key:/prise",
        "set_value:/currency",
        "set_value:/currency:EUR",
        "set_value:/rate:0.1000000000000000055",
        "set_value:/rate:1e400",
    ],
)
def test_what_is_no_repair_is_told_with_how_to_write_it(text):
    with pytest.raises(Misused):
        repairs_from([text])
