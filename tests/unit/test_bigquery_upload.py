"""What the real client of Google sends for a load job: in parts that memory can hold."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from google.cloud import bigquery

from connectors.bigquery.capabilities import UPLOAD_CHUNK_BYTES
from connectors.bigquery.clients import Clients
from tests.bigquery_double import TARGET

BODY = b"x" * (2 * UPLOAD_CHUNK_BYTES + 1_000)


class Google(HTTPServer):
    """Takes resumable uploads as BigQuery does, and remembers how long their parts were."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.parts = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self._read()
        self._answer(200, {"Location": f"http://127.0.0.1:{self.server.server_port}/upload/1"})

    def do_PUT(self):
        self.server.parts.append(len(self._read()))
        done = not self.headers["Content-Range"].endswith("/*")
        sent = sum(self.server.parts)
        job = {"jobReference": {"projectId": "p", "jobId": "j", "location": "EU"}, "configuration": {"load": {}}}
        self._answer(200 if done else 308, {} if done else {"Range": f"bytes=0-{sent - 1}"}, job if done else None)

    def _read(self):
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, status, headers, document=None):
        body = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def google():
    server = Google()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class Watched(io.BytesIO):
    """A file that knows how much was asked of it at once."""

    largest = 0

    def read(self, size=-1):
        self.largest = max(self.largest, len(BODY) if size is None or size < 0 else size)
        return super().read(size)


def test_an_upload_holds_a_bounded_part_of_an_object_in_memory(google):
    client = Clients(f"127.0.0.1:{google.server_port}", None).client(TARGET)
    file = Watched(BODY)
    config = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON)
    client.load_table_from_file(file, "my-project.events.shop", num_retries=0, job_config=config, timeout=30)
    assert google.parts == [UPLOAD_CHUNK_BYTES, UPLOAD_CHUNK_BYTES, 1_000]
    assert file.largest <= UPLOAD_CHUNK_BYTES
