"""What PostgreSQL can do."""

from domain.delivery.connectors import Capabilities
from schemas.limits import MAX_POSTGRES_COLUMNS

CAPABILITIES = Capabilities(
    has_tables=True,
    needs_identity=False,
    needs_writer=True,
    shares_table=True,
    max_columns=MAX_POSTGRES_COLUMNS,
    own_columns=1,  # `connectors.postgres.columns.OBJECT`
)
