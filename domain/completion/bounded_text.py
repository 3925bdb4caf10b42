"""Text that the server found in a request, made fit to be stored in a STRING."""

from schemas.limits import MAX_STRING_BYTES


def bounded_text(value: str) -> str:
    """Return `value` as Unicode text of at most 32,000 UTF-8 bytes, cut between two characters.

    Headers and queries can hold lone surrogates, which no UTF-8 can express: each becomes U+FFFD.
    """
    if value.isascii():
        return value if len(value) <= MAX_STRING_BYTES else value[:MAX_STRING_BYTES]
    # A character takes at least one byte, so the rest could not be kept and need not be encoded.
    text = value[: MAX_STRING_BYTES + 1].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    encoded = text.encode()
    return text if len(encoded) <= MAX_STRING_BYTES else encoded[:MAX_STRING_BYTES].decode(errors="ignore")
