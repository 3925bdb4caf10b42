"""Names in lakes that several parts have to know."""

DEFAULT_DATABASE = "ingest"
"""Of a lake in a bucket of a user that names none."""
