"""What an HTTP API asks about each request before it hands it on."""

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


def make_authorizer(
    scope: Construct, api: apigateway.HttpApi, function: lambda_.IFunction
) -> apigateway.IHttpRouteAuthorizer:
    """Return the authorizer of an API of another stack; CDK's own would stand in the API's stack and need this one.

    It is asked for every request and the API remembers nothing: it lets all of them pass, with what it found, and the
    management function refuses with a problem document of its own. Without an identity source the API asks it about
    requests that have no header, too.
    """
    stack = Stack.of(scope)
    made = apigateway.CfnAuthorizer(
        scope,
        "Credentials",
        api_id=api.api_id,
        name="credentials",
        authorizer_type="REQUEST",
        authorizer_uri=(
            f"arn:{stack.partition}:apigateway:{stack.region}:lambda:path/2015-03-31/functions/"
            f"{function.function_arn}/invocations"
        ),
        authorizer_payload_format_version="2.0",
        authorizer_result_ttl_in_seconds=0,
        enable_simple_responses=True,
        identity_source=[],
    )
    function.add_permission(
        "AuthorizerPermission",
        scope=scope,
        principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
        source_arn=(
            f"arn:{stack.partition}:execute-api:{stack.region}:{stack.account}:{api.api_id}/authorizers/{made.ref}"
        ),
    )
    return apigateway.HttpAuthorizer.from_http_authorizer_attributes(
        scope, "CredentialsAuthorizer", authorizer_id=made.ref, authorizer_type="CUSTOM"
    )
