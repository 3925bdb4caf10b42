"""How people sign in: a pool of users with a hosted page, and a public client that proves itself by PKCE."""

from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.settings.stage import SecondFactor


class Users(Construct):
    """Nobody can sign up: an admin makes users, and an invitation makes a user a member."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: str, keep_data: bool, second_factor: SecondFactor
    ) -> None:
        """Make the pool and the hosted page's address."""
        super().__init__(scope, construct_id)
        is_demanded = second_factor == "demanded"
        self.pool = cognito.UserPool(
            self,
            "Users",
            user_pool_name=f"ingest-{stage}",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            keep_original=cognito.KeepOriginalAttrs(email=True),
            sign_in_case_sensitive=False,
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True)
            ),
            # Nothing between: where it is optional, the hosted page lets nobody set one up.
            mfa=cognito.Mfa.REQUIRED if is_demanded else cognito.Mfa.OFF,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False) if is_demanded else None,
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_lowercase=True, require_uppercase=True, require_digits=True, require_symbols=True
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=keep_data,
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
        stack = Stack.of(self)
        prefix = f"ingest-{stage}-{stack.account}"
        self.domain = self.pool.add_domain("Page", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix))
        self.page_url = f"https://{prefix}.auth.{stack.region}.amazoncognito.com"
        self.issuer = f"https://cognito-idp.{stack.region}.{stack.url_suffix}/{self.pool.user_pool_id}"


def make_console_client(scope: Construct, pool: cognito.IUserPool, console_url: str) -> cognito.UserPoolClient:
    """Return the console's client: public, so that PKCE is its only proof; tokens come back to `console_url` alone."""
    client = cognito.UserPoolClient(
        scope,
        "ConsoleClient",
        user_pool=pool,
        supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
        user_pool_client_name="console",
        generate_secret=False,
        prevent_user_existence_errors=True,
        enable_token_revocation=True,
        o_auth=cognito.OAuthSettings(
            flows=cognito.OAuthFlows(authorization_code_grant=True),
            scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
            callback_urls=[f"{console_url}/signed-in"],
            logout_urls=[f"{console_url}/"],
        ),
        access_token_validity=Duration.minutes(60),
        id_token_validity=Duration.minutes(60),
        refresh_token_validity=Duration.days(30),
    )
    # Passwords go to the hosted page alone; without this list, Cognito would take them from every program, too.
    made = cast("cognito.CfnUserPoolClient", client.node.default_child)
    made.explicit_auth_flows = ["ALLOW_REFRESH_TOKEN_AUTH"]
    return client
