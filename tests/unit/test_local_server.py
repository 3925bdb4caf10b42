"""The main process of a local run: how many connections it goes on with."""

import asyncio
import socket
from contextlib import ExitStack

import uvicorn

from local.protocol import BoundedHeadProtocol
from local.server import _Server


def test_connections_beyond_the_most_are_closed_and_leave_descriptors_to_the_files_of_the_state():
    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def run():
        config = uvicorn.Config(answer, http=BoundedHeadProtocol, ws="none", lifespan="off", log_config=None)
        config.load()
        server = _Server(config, None, None, most_connections=2)
        server.lifespan = config.lifespan_class(config)
        loop = asyncio.get_running_loop()
        with ExitStack() as held:
            ours = []
            for _ in range(3):
                mine, theirs = socket.socketpair()
                ours.append(held.enter_context(mine))
                mine.setblocking(False)
                server._adopt(theirs, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            heard = [(await loop.sock_recv(one, 100))[:15] for one in ours]
        for _ in range(10):  # the connections learn of their end
            await asyncio.sleep(0)
        assert not server.server_state.connections
        return heard

    assert asyncio.run(run()) == [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b""]
