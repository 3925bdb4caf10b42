"""The bootstrap function on AWS: `handler` is what Lambda calls."""

import os
import time
from collections.abc import Mapping

from adapters.dynamodb.calls import make_client as make_dynamodb_client
from adapters.dynamodb.table import DynamoTable
from adapters.function_settings import settings_from_variables
from adapters.secrets_manager import ManagedSecrets
from adapters.secrets_manager import make_client as make_secrets_client
from functions.bootstrap.handler import Handler, make_handler
from functions.bootstrap.settings import BootstrapSettings


def handler_from(variables: Mapping[str, str]) -> Handler:
    """Return the handler that a deployment's environment variables describe."""
    settings = settings_from_variables(BootstrapSettings, variables)
    return make_handler(
        table=DynamoTable(make_dynamodb_client(), settings.catalog_table, time.time_ns),
        secrets=ManagedSecrets(make_secrets_client(), settings.secret_prefix, settings.secret_key_id),
        clock=time.time_ns,
        secret_prefix=settings.secret_prefix,
        owner_email=settings.owner_email,
    )


handler = handler_from(os.environ)
