"""What targets over HTTP can do."""

from domain.delivery.connectors import Capabilities

CAPABILITIES = Capabilities(has_tables=False, needs_identity=False, needs_writer=True)
