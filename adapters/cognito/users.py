"""The users of a user pool: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pools.html."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from adapters.aws_failures import failure_from, translated
from domain.access.login_service import User

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

# Someone is waiting for an answer.
_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 3, "mode": "standard"})


def make_client() -> "CognitoIdentityProviderClient":
    """Return a client of the environment's region and endpoint."""
    return boto3.client("cognito-idp", config=_CONFIG)


class PoolUsers:
    """Implements `Users`; needs the grant `cognito-idp:AdminGetUser` on the pool."""

    def __init__(self, client: "CognitoIdentityProviderClient", user_pool_id: str) -> None:
        self._client = client
        self._user_pool_id = user_pool_id

    def find(self, username: str) -> User | None:
        with translated("find a user", forbidden_is_misconfigured=False):
            try:
                found = self._client.admin_get_user(UserPoolId=self._user_pool_id, Username=username)
            except ClientError as error:
                if failure_from(error).code == "UserNotFoundException":
                    return None
                raise
        if not found["Enabled"]:
            return None
        attributes = {row["Name"]: row.get("Value", "") for row in found["UserAttributes"]}
        is_verified = attributes.get("email_verified") == "true"
        return User(attributes.get("email") if is_verified else None)
