"""`/ndjson`: one event a line, or one JSON document after another, whatever its Content-Type says.

Log shippers send so: Fluent Bit (`json_stream` puts nothing between documents), Vector, syslog-ng, winston, pino. They
have no ids; what they send again after an answer was lost can't be told from a new event.
"""

from domain.protocols.shared.reading import BYTE_ORDER_MARK
from domain.protocols.shared.shape import Made, Protocol, Sent, Translated, native_answer
from domain.validation.json_cuts import documents
from schemas.limits import MAX_EVENTS_PER_REQUEST


def _translate(sent: Sent) -> Translated:
    texts = documents(sent.body.removeprefix(BYTE_ORDER_MARK), MAX_EVENTS_PER_REQUEST)
    return Translated([Made(text) for text in texts])


PROTOCOL = Protocol(translate=_translate, answer=native_answer, is_in_lines=True)
