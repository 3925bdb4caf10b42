"""Pages of an origin that is none of ours."""

import threading
from collections.abc import Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class ShopPage(NamedTuple):
    """What is served at an address."""

    head: str = ""
    headers: Mapping[str, str] = {}


@contextmanager
def served_shop(pages: Mapping[str, ShopPage] | None = None):
    """Serve a web shop's pages until the end of the block, which gets their origin.

    `pages` holds those that differ from the empty one that is at every address, by their path, as it is at the time.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = (pages or {}).get(self.path.partition("?")[0], ShopPage())
            body = f"<!doctype html><html><head><title>shop</title>{page.head}</head><body></body></html>".encode()
            self.send_response(200)
            for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **page.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()
