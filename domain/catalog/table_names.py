"""Names of tables, made of what people call things: lower-case letters, digits and `_`."""

import re
import unicodedata

_NAME_CHARS = 60


def table_name(*names: str) -> str:
    """Return a name made of several, of an endpoint and an environment for instance."""
    name = "_".join(filter(None, map(_slug, names))) or "events"
    return f"_{name}" if name[0].isdigit() else name


def revision_table_name(table: str, revision_name: str, revision_id: str) -> str:
    """Return what the table of a revision is called: by the revision's name as it is now, and its id."""
    return "_".join(filter(None, (table, _slug(revision_name), revision_id[-8:])))


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_NAME_CHARS].strip("_")
