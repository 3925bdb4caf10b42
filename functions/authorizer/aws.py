"""The authorizer on AWS: `handler` is what Lambda calls."""

import os
import time
from collections.abc import Mapping

from adapters.cognito.keys import PoolKeys, make_fetch
from adapters.cognito.tokens import PoolTokens
from adapters.cognito.users import PoolUsers
from adapters.cognito.users import make_client as make_cognito_client
from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.function_settings import settings_from_variables
from functions.authorizer.handler import Handler, make_handler
from functions.authorizer.settings import AuthorizerSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(AuthorizerSettings, variables)
    table = DynamoTable(make_dynamodb_client(), settings.catalog_table, time.time_ns)
    if settings.user_pool_id is None or settings.issuer is None:
        return make_handler(table=table, clock=time.time_ns)
    keys = PoolKeys(make_fetch(settings.keys_url, variables.get("AWS_CA_BUNDLE")), time.monotonic)
    return make_handler(
        table=table,
        clock=time.time_ns,
        verifier=PoolTokens(keys, settings.issuer, settings.client_ids),
        users=PoolUsers(make_cognito_client(), settings.user_pool_id),
    )


handler = handler_from(os.environ)
