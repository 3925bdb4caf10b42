"""An ingest worker that neither reads nor validates: it puts each body into a stream as it came, and says so.

What it takes is the floor of an ingest worker: the same server, log and flushes.
"""

from typing import Any

from local.far_calls import GatheringStreams
from local.ingest_protocol import Head, HttpAnswer, Way, header_lines
from local.ingest_worker import IngestWorker, main
from schemas.items import pointer_key

_HEADERS = {"Content-Type": "application/json"}


class EchoWorker(IngestWorker):
    """Puts bodies into the first stream of the environment whose address they are sent to."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._streams = GatheringStreams(self.calls, self.strands)
        self._stream_by_path: dict[str, str] = {}

    def way(self, _head: Head, _body: bytes) -> Way:
        return Way.HERE

    def answer(self, head: Head, body: bytes, _way: Way) -> HttpAnswer:
        path = head.path
        stream = self._stream_by_path.get(path)
        if stream is None:
            environment_id = path.rpartition("/")[2]
            pointer = self.calls.call("table", "get", pointer_key(environment_id))
            stream = self._stream_by_path[path] = pointer.data["streams"][0]
        (failure,) = self._streams.put_records(stream, [body + b"\n"])
        status, body = (200, b'{"ok":true}') if failure is None else (503, b"")
        return status, header_lines(_HEADERS), body


if __name__ == "__main__":
    main(EchoWorker)
