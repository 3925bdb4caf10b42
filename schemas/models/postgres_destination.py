"""A PostgreSQL database as people write it and as the API shows it.

The connection string goes in and is not shown again; where it leads, and as whom, is.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.limits import (
    DEFAULT_POSTGRES_CONNECTIONS,
    MAX_CA_CERTIFICATES_CHARS,
    MAX_DSN_CHARS,
    MAX_POSTGRES_CONNECTIONS,
)
from schemas.models.declared import Declared, Shown, left_out, optional_field

DSN_PATTERN = r"^postgres(ql)?://[!-~]+$"
DSN_WORDS = "Must be like postgresql://user:password@host:5432/database, of visible ASCII characters."
CA_PATTERN = r"^\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s-]+-----END CERTIFICATE-----\s*$"
CA_WORDS = "Must be certificates in PEM, one after another."
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
NAME_WORDS = "Must be 1 to 63 letters, digits and `_`, and not start with a digit."

Dsn = Annotated[
    str,
    StringConstraints(max_length=MAX_DSN_CHARS, pattern=DSN_PATTERN),
    Field(json_schema_extra={"writeOnly": True}),
]
CaCertificates = Annotated[
    str,
    StringConstraints(max_length=MAX_CA_CERTIFICATES_CHARS, pattern=CA_PATTERN),
    Field(json_schema_extra={"writeOnly": True}),
]
Connections = Annotated[int, Field(ge=1, le=MAX_POSTGRES_CONNECTIONS)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]

_DSN = (
    "How to sign in: `postgresql://user:password@host:5432/database`. Kept as a secret and never shown again. TLS is "
    "required, and the server's certificate is checked."
)
_CA = (
    "What the server's certificate is checked with, in PEM, instead of the public authorities; for Amazon RDS, the "
    "bundle of its region. Goes with a `dsn`."
)
_SCHEMA = "Where the table is made; it has to be there. Upper and lower case count."
_CONNECTIONS = (
    "The most writers that load into the database at once, those of other environments included. A check and a "
    "deployment have one connection more."
)
_TABLE = "The table's name; unless given, made of the names of endpoint and environment."


class PostgresDestination(Declared):
    """A table in a PostgreSQL database of yours."""

    model_config = ConfigDict(
        serialize_by_alias=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "postgres",
                    "dsn": "postgresql://ingest:3f9c1d@db.example.com:5432/warehouse",
                    "schema": "events",
                    "table": "shop",
                    "max_connections": 5,
                }
            ]
        },
    )

    type: Literal["postgres"]
    dsn: Dsn = Field(description=_DSN)
    ca_certificates: CaCertificates | None = Field(default=None, description=_CA)
    schema_: Name = Field(alias="schema", description=_SCHEMA)  # a model has a method of this name
    table: Name | None = Field(default=None, description=_TABLE)
    max_connections: Connections = Field(default=DEFAULT_POSTGRES_CONNECTIONS, description=_CONNECTIONS)


class PostgresChange(Declared):
    """What changes of a destination in PostgreSQL; what is left out stays, the secret too."""

    model_config = ConfigDict(
        serialize_by_alias=True, json_schema_extra={"examples": [{"type": "postgres", "schema": "raw"}]}
    )

    type: Literal["postgres"]
    dsn: Dsn = optional_field(_DSN)
    ca_certificates: CaCertificates | None = optional_field(f"{_CA} Stays with another `dsn`; null: public ones.")
    schema_: Name = Field(alias="schema", default_factory=left_out, description=_SCHEMA)
    table: Name | None = optional_field(_TABLE)
    max_connections: Connections = optional_field(_CONNECTIONS)


class ShownPostgresDestination(Shown):
    """A table in a PostgreSQL database of yours."""

    type: Literal["postgres"]
    host: str
    port: int
    database: str
    user: str = Field(description="As whom rows are written; the password is never shown.")
    has_ca_certificates: bool = Field(description="Whether the server's certificate is checked with `ca_certificates`.")
    schema_: str = Field(alias="schema")
    table: str
    max_connections: int
