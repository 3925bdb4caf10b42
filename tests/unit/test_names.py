"""Names and addresses: what a person sees is what they are."""

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.addresses import comparable
from schemas.models.declared import Name
from schemas.names import has_hidden_characters, is_visible

NAME = TypeAdapter(Name)


@pytest.mark.parametrize(
    "name",
    [
        "\u200b",
        "\ufeff",
        "\u2060\u200b",
        "\u202eevil",
        "a\u202eb",
        "a\u2066b\u2069",
        "a\u200fb",
        "a\u061cb",
        "a\u00adb",
        "a\u200db",
        "a\u200c",
        "\u200dب",
        "ب\u200d\u200dب",
        "a\ufe0f",
        "\ufe0f",
        "\u3164",
        "\u2800",
        "\u115f",
        "a\u034fb",
        "a\U000e0041b",
        "a\U000e0100b",
        "a\u2028b",
        "a\u0085b",
        "\u00a0",
        "a\u3000",
        "a\nb",
    ],
)
def test_a_name_of_what_nobody_sees_is_refused(name):
    with pytest.raises(ValidationError):
        NAME.validate_python(name)


@pytest.mark.parametrize(
    "name",
    [
        "Shop",
        "Größe 2",
        "東京",
        "مرحبا",
        "می\u200cخواهم",  # noqa: RUF001 - Persian
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "क्\u200dष",
        "e\u0301t",
        "a b",
    ],
)
def test_a_name_of_any_language_is_one(name):
    assert NAME.validate_python(name) == name
    assert is_visible(name)


def test_a_text_may_have_lines_and_nothing_hidden():
    assert not has_hidden_characters("")
    assert not has_hidden_characters(" Two\nlines,\r\n\tone indented ")
    assert has_hidden_characters("Safe\u202e")
    assert has_hidden_characters("\x07")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann@Example.COM", "ann@example.com", True),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example", True),
        ("ann@strasse.example", "ann@straße.example", False),
        ("mark@example.com", "mar\u212a@example.com", False),
        ("strasse@example.com", "straße@example.com", False),
        ("ann@localhost", "ANN@localhost", True),
        ("not an address", "Not an address", True),
    ],
)
def test_addresses_are_compared_by_the_ascii_form_of_their_domain(one, other, same):
    assert (comparable(one) == comparable(other)) is same
