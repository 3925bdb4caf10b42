"""Revisions that were stored before fields had their name are read as if they had always had it."""

from schemas.first_edition import field_count, revision_document, revision_tree

STORED = {
    "revision_id": "rev_1",
    "additional_keys": "drop",
    "data_maps": [
        {"key": "data_maps", "type": "STRING", "presence": "required"},
        {
            "key": "items",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "children": [
                {
                    "key": "children",
                    "type": "OBJECT",
                    "presence": "required",
                    "children": [{"key": "a", "type": "INT", "presence": "required"}],
                }
            ],
        },
    ],
    "regex_size": 3,
}
READ = {
    "revision_id": "rev_1",
    "additional_keys": "drop",
    "fields": [
        {"key": "data_maps", "type": "STRING", "presence": "required"},
        {
            "key": "items",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "fields": [
                {
                    "key": "children",
                    "type": "OBJECT",
                    "presence": "required",
                    "fields": [{"key": "a", "type": "INT", "presence": "required"}],
                }
            ],
        },
    ],
    "regex_size": 3,
}


def test_a_stored_document_is_read_with_its_fields_at_every_depth():
    assert revision_document(STORED) == READ
    assert revision_document(READ) == READ


def test_a_stored_tree_is_read_likewise():
    assert revision_tree({"data_maps": STORED["data_maps"]}) == {"fields": READ["fields"]}
    assert revision_tree({"fields": READ["fields"]}) == {"fields": READ["fields"]}


def test_the_count_of_fields_is_read_under_either_name():
    assert (field_count({"data_map_count": 4}), field_count({"field_count": 5})) == (4, 5)
