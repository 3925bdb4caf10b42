"""The table of fields that `revisions show` prints."""

from ingestctl.field_table import field_table

COMMON = ["Key", "Type", "Presence", "Rules", "Description"]


def test_a_plain_tree_has_no_columns_that_nothing_stands_in():
    child = {"key": "n", "type": "INT", "presence": "default", "default": 1, "description": "How many."}
    columns, rows = field_table(
        [
            {"key": "items", "type": "ARRAY_OBJECT", "presence": "required", "fields": [child]},
            {"key": "at", "type": "TIMESTAMP", "presence": "macro", "macro": "received_at"},
        ]
    )
    assert columns == COMMON
    assert rows == [
        ["items", "ARRAY_OBJECT", "required", "", ""],
        ["  n", "INT", "default 1", "", "How many."],
        ["at", "TIMESTAMP", "macro received_at", "", ""],
    ]


def test_where_a_value_stands_in_which_events_and_how_it_is_kept_is_shown():
    columns, rows = field_table(
        [
            {"key": "email", "from": "eMail", "type": "STRING", "presence": "optional", "protect": "hash"},
            {"key": "at", "type": "TIMESTAMP", "format": "rfc3339", "presence": "required"},
            {
                "key": "page",
                "type": "STRING",
                "presence": "required",
                "when": {"/type": ["page", 1], "/v": [True]},
                "rules": [{"rule": "max_length", "value": 3}, {"rule": "one_of", "value": ["ä"]}],
            },
        ]
    )
    assert columns == ["Key", "From", "Type", "Presence", "Rules", "In events where", "Protect", "Description"]
    assert rows == [
        ["email", "eMail", "STRING", "optional", "", "", "hash", ""],
        ["at", "", "TIMESTAMP rfc3339", "required", "", "", "", ""],
        ["page", "", "STRING", "required", 'max_length 3; one_of ["ä"]', '/type ["page", 1]; /v [true]', "", ""],
    ]
