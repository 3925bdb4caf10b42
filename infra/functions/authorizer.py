"""The authorizer: says whose a request to `/v1` is."""

from functions.authorizer.settings import AuthorizerSettings
from infra.functions import grants
from infra.functions.spec import FunctionSpec
from infra.functions.stacks import Stacks


def spec(stacks: Stacks) -> FunctionSpec:
    """Return what it needs: it reads the catalog, and looks a user up where people sign in."""
    state, settings = stacks.state, stacks.settings
    statements = grants.reading(state.tables.catalog)
    said = AuthorizerSettings(catalog_table=state.tables.catalog.table_name)
    if state.users is not None and stacks.front.client is not None:
        pool = state.users.pool
        said = AuthorizerSettings(
            catalog_table=state.tables.catalog.table_name,
            user_pool_id=pool.user_pool_id,
            client_ids=(stacks.front.client.user_pool_client_id,),
            issuer=state.users.issuer,
            jwks_url=f"{settings.aws_endpoint}/{pool.user_pool_id}/.well-known/jwks.json"
            if settings.aws_endpoint
            else None,
        )
        statements += grants.allowing(["cognito-idp:AdminGetUser"], pool.user_pool_arn)
    return FunctionSpec(
        name="authorizer",
        description="Says whose a request to the management API is",
        settings=said,
        statements=statements,
        memory_mib=512,
        timeout_seconds=10,
        reserved_concurrency=settings.concurrency.authorizer if settings.concurrency else None,
    )
