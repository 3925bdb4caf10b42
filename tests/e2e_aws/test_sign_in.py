"""A person of the deployed user pool, as the authorizer and `/v1` see them."""

import pytest

from tests.e2e_aws.deployment import OWNER

pytestmark = pytest.mark.emulator

PASSWORD = "Correct-horse-7-battery"


def access_token(deployment, email):
    """Make a user with a verified address, and return a token as the hosted page gives it.

    The page proves a password in another way than this, which the client is made to allow here.
    """
    cognito = deployment.emulator.client("cognito-idp")
    (pool,) = [pool["Id"] for pool in cognito.list_user_pools(MaxResults=60)["UserPools"]]
    client = deployment.outputs["SignInClientId"]
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=email,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    cognito.update_user_pool_client(UserPoolId=pool, ClientId=client, ExplicitAuthFlows=flows)
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
    )
    return answer["AuthenticationResult"]["AccessToken"]


def me(deployment, token):
    return deployment.ask("ManagementUrl", "GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})


def test_the_owner_signs_in_by_the_address_that_the_stage_names(deployment):
    token = access_token(deployment, OWNER)
    answer = me(deployment, token)
    assert answer.status_code == 200, answer.text
    assert answer.json()["role"] == "owner"
    head, body, signature = token.split(".")
    forged = f"{head}.{body}.{signature[:-8]}{signature[-8:].swapcase()}"
    assert me(deployment, forged).status_code == 401


def test_a_user_of_the_pool_whom_nobody_invited_is_no_member(deployment):
    answer = me(deployment, access_token(deployment, "stranger@example.com"))
    assert answer.status_code == 403, answer.text
