"""A request and an answer as ingest sees them, whatever front door they pass."""

from collections.abc import Collection, Mapping

DOCS_PATH = "/docs"
"""Where the docs are at the console's address; enough of a reference for answers of the same host."""


class HttpRequest:
    """One HTTP request.

    Header names are lower case; repeats are joined by `, `. The query is decoded and holds the last value of each name;
    `repeated` are the names that stand in it more than once. `path` starts with `/`. `source_ip` is the address that
    the front door saw or appended, never a claim of the client.
    """

    __slots__ = (
        "body",
        "docs_url",
        "headers",
        "host",
        "is_from_trusted_front",
        "method",
        "path",
        "query",
        "repeated",
        "request_id",
        "source_ip",
    )

    def __init__(
        self,
        method: str,
        path: str,
        host: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: bytes,
        source_ip: str,
        request_id: str,
        repeated: Collection[str] = (),
    ) -> None:
        self.method = method
        self.path = path
        self.host = host
        self.headers = headers
        self.query = query
        self.body = body
        self.source_ip = source_ip
        self.request_id = request_id
        self.repeated = repeated
        self.is_from_trusted_front = False
        """Whether what `cloudfront-viewer-…` headers say is CloudFront's word."""
        self.docs_url = DOCS_PATH
        """The address of the docs that its answer refers to."""


class HttpResponse:
    """One HTTP answer; `body` is raw bytes, `headers` as they are sent."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body
