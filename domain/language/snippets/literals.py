"""How each language writes a string of printable ASCII, whatever stands in it.

Only ASCII from space to tilde ever comes here: JSON is written in it (`example_text`), and so are addresses. That
leaves each language few characters of its own to mind, and none that depends on a file's encoding.
"""

from html import escape


def shell_literal(text: str) -> str:
    """Return a word of sh, bash and zsh; between single quotes nothing is special but the quote."""
    return "'" + text.replace("'", r"'\''") + "'"


def script_literal(text: str) -> str:
    r"""Return a JavaScript string that may stand in a page's script, too: no `</script>` and no `<!--` is in it.

    https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
    """
    return _backslashed(text, "'").replace("<", r"\x3c")


def python_literal(text: str) -> str:
    return _backslashed(text, "'")


def go_literal(text: str) -> str:
    """Return a raw string, which is easier to read, wherever the text allows it."""
    return _backslashed(text, '"') if "`" in text else f"`{text}`"


def java_literal(text: str) -> str:
    r"""Return a Java string.

    Java reads `\u` anywhere in a file as the start of a character, unless a backslash is in front: every backslash of
    the text is doubled, so one is. https://docs.oracle.com/javase/specs/jls/se17/html/jls-3.html#jls-3.3
    """
    return _backslashed(text, '"')


def csharp_literal(text: str) -> str:
    return _backslashed(text, '"')


def php_literal(text: str) -> str:
    """Return a string in single quotes, in which PHP looks for no variables."""
    return _backslashed(text, "'")


def ruby_literal(text: str) -> str:
    """Return a string in single quotes, in which Ruby interpolates nothing."""
    return _backslashed(text, "'")


def attribute_literal(text: str) -> str:
    """Return the value of an HTML attribute with its quotes."""
    return f'"{escape(text)}"'


def _backslashed(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote
