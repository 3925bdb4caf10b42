"""What a command says, whatever the terminal can show."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestctl.output import Output, counted, json_text
from ingestctl.problems import Refused


@given(st.text(), st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252", "utf-16", "none-such"]))
def test_json_fits_every_encoding_and_loses_no_character(text, encoding):
    said = json_text({"text": text}, encoding, indent=2)
    assert json.loads(said) == {"text": text}
    if encoding != "none-such":
        said.encode(encoding)


@given(st.text())
def test_json_controls_no_terminal(text):
    said = json_text([text], "utf-8").replace("\n", "")
    assert not [char for char in said if unicodedata.category(char) in {"Cc", "Cf", "Cs"}]


@pytest.mark.parametrize("char", ["\x9b", "\u202e", "\u2066", "\ufeff", "\U000e0001", "\x1b", "\x7f"])
def test_characters_that_reorder_or_control_are_written_as_escapes(char):
    assert char not in json_text({"user_agent": char}, "utf-8")


def test_letters_stay_letters():
    assert json_text({"name": "Zürich 東京 😀"}, "utf-8") == '{"name": "Zürich 東京 😀"}'


@pytest.mark.parametrize(
    ("message", "pointers", "said"),
    [
        ("/name: Must be a string.", ["/name"], ["invalid (422): 1 fault", "  /name: Must be a string. (type)"]),
        (
            "/a: Must be a string. 1 more fault.",
            ["/a", "/b"],
            ["invalid (422): 2 faults", "  /a: Must be a string. (type)", "  /b: Must be a string. (type)"],
        ),
        (
            "This endpoint has no such revision.",
            ["/revision_id"],
            ["invalid (422): This endpoint has no such revision.", "  /revision_id: Must be a string. (type)"],
        ),
        ("Must be a string.", [""], ["invalid (422): 1 fault", "  Must be a string. (type)"]),
        ("Try again.", [], ["invalid (422): Try again."]),
    ],
)
def test_a_fault_is_shown_once(capsys, message, pointers, said):
    errors = [{"pointer": pointer, "code": "type", "message": "Must be a string."} for pointer in pointers]
    Output(as_json=False).problem(Refused("invalid", message, status=422, errors=errors))
    assert capsys.readouterr().err.splitlines() == said


def test_that_there_are_more_faults_than_are_listed_is_said(capsys):
    errors = [{"pointer": "/a", "code": "type", "message": "Must be a string."}]
    message = "/a: Must be a string. At least 1 more fault."
    refused = Refused("invalid", message, status=422, errors=errors, has_more=True)
    Output(as_json=False).problem(refused)
    assert capsys.readouterr().err.splitlines()[0] == "invalid (422): more than 1 fault"
    assert refused.document()["more"] is True


def test_one_of_a_thing_is_not_said_as_several():
    assert [counted(number, "event") for number in (0, 1, 1_200)] == ["0 events", "1 event", "1,200 events"]
