"""Bootstrap: makes the first organisation and its token, when the operator says so."""

from functions.bootstrap.handler import TOKEN_SECRET
from functions.bootstrap.settings import BootstrapSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs; nothing invokes it but a person with the right to."""
    state, settings = stacks.state, stacks.settings
    return FunctionSpec(
        name="bootstrap",
        description="Makes the first organisation, its owner and the admin token; invoked by the operator",
        settings=BootstrapSettings(
            catalog_table=state.tables.catalog.table_name,
            secret_prefix=settings.secret_prefix,
            secret_key_id=state.key.key_arn,
            owner_email=settings.owner_email,
        ),
        statements=[
            *grants.writing_catalog(state.tables.catalog),
            *grants.using_secret(
                state,
                f"{settings.secret_prefix}{TOKEN_SECRET}",
                state.key,
                "CreateSecret",
                "GetSecretValue",
                "PutSecretValue",
            ),
        ],
        memory_mib=256,
        timeout_seconds=30,
    )
