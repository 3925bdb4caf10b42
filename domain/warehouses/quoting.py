"""Names and texts inside a script: nothing that is quoted here can end its quotes."""


def double_quoted(name: str) -> str:
    """Return an identifier as standard SQL has it."""
    return '"' + _plain(name).replace('"', '""') + '"'


def backticked(name: str) -> str:
    """Return an identifier as Hive and Spark have it: a backtick inside is doubled."""
    return "`" + _plain(name).replace("`", "``") + "`"


def escaped_backticked(name: str) -> str:
    """Return an identifier as BigQuery and ClickHouse have it: a backslash escapes."""
    return "`" + _plain(name).replace("\\", "\\\\").replace("`", "\\`") + "`"


def literal(text: str) -> str:
    """Return a text as standard SQL has it, without escapes: a quote inside is doubled."""
    return "'" + _plain(text).replace("'", "''") + "'"


def escaped_literal(text: str) -> str:
    """Return a text in a dialect in which a backslash escapes."""
    return "'" + _plain(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def path_literal(key: str) -> str:
    """Return a JSON path to a key of the root, as a literal without escapes of its own."""
    inside = _plain(key).replace("\\", "\\\\").replace('"', '\\"')
    return literal(f'$["{inside}"]')


def comment(text: str) -> str:
    """Return a line that every dialect skips."""
    return f"-- {_plain(text)}"


def _plain(text: str) -> str:
    """Return a text in one line: a control character, or what an editor may take for the end of a line, is a space."""
    return "".join(char if char.isprintable() or char == "\u00a0" else " " for char in text)
