"""Settings of the bootstrap function."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BootstrapSettings:
    """Where the catalog and the deployment's secrets are, and whose the first organisation is."""

    catalog_table: str
    secret_prefix: str
    """What the name of every secret of the deployment starts with, such as `ingest-prod/`."""
    secret_key_id: str | None = None
    """The key that encrypts new secrets, if not AWS's own."""
    owner_email: str | None = None
    """Who owns the first organisation, unless the operator says otherwise when it is made."""
