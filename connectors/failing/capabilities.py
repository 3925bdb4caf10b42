"""What a destination that fails on purpose can do: whatever the one can that it stands before."""

from domain.delivery.connectors import Capabilities, Connector


def capabilities_of(connector: Connector) -> Capabilities:
    return connector.capabilities
