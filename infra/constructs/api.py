"""An HTTP API, its throttle, and the domain it answers at."""

from typing import cast

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.constructs.log_groups import make_log_group

_ACCESS_LINE = (
    '{"requestId":"$context.requestId","method":"$context.httpMethod","route":"$context.routeKey",'
    '"status":"$context.status","ms":"$context.responseLatency","error":"$context.error.message"}'
)
"""No path, address or header: a path of `/v1` holds ids, and who called stands in the audit log."""


class Api(Construct):
    """An HTTP API whose routes are added by the stack that has the functions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        requests_per_second: int,
        burst: int,
        domain: str | None = None,
        certificate: acm.ICertificate | None = None,
        access_log_days: int | None = None,
    ) -> None:
        """Make it.

        Args:
            scope: see CDK.
            construct_id: see CDK.
            name: shown in the AWS console.
            description: likewise.
            requests_per_second: what it takes steadily; beyond that, and `burst`, the API answers 429.
            burst: how many may come at once.
            domain: an address of its own; the one that AWS gives is closed then.
            certificate: of `domain`.
            access_log_days: how long a line for each request is kept; none is written without.
        """
        super().__init__(scope, construct_id)
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=name,
            description=description,
            create_default_stage=False,
            disable_execute_api_endpoint=domain is not None,
        )
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=requests_per_second, burst_limit=burst),
        )
        if access_log_days is not None:
            self._log_access(name, access_log_days)
        self.host = f"{self.api.api_id}.execute-api.{self.api.stack.region}.{self.api.stack.url_suffix}"
        self.domain_name: apigateway.DomainName | None = None
        if domain is not None and certificate is not None:
            self.host = domain
            self.domain_name = apigateway.DomainName(
                self,
                "Domain",
                domain_name=domain,
                certificate=certificate,
                security_policy=apigateway.SecurityPolicy.TLS_1_2,
            )
            apigateway.ApiMapping(self, "Mapping", api=self.api, domain_name=self.domain_name, stage=self.stage)

    def _log_access(self, name: str, days: int) -> None:
        group = make_log_group(self, "AccessLog", name=f"/aws/apigateway/{name}", days=days)
        stage = cast("apigateway.CfnStage", self.stage.node.default_child)
        stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=group.log_group_arn, format=_ACCESS_LINE
        )

    def add_route(
        self,
        scope: Construct,
        route_id: str,
        key: str,
        handler: lambda_.IFunction,
        authorizer: apigateway.IHttpRouteAuthorizer | None = None,
    ) -> None:
        """Send what matches `key`, such as `$default` or `ANY /v1/{proxy+}`, to a function of another stack."""
        method, _, path = key.partition(" ")
        route_key = (
            apigateway.HttpRouteKey.with_(path, apigateway.HttpMethod[method])
            if path
            else apigateway.HttpRouteKey.DEFAULT
        )
        apigateway.HttpRoute(
            scope,
            route_id,
            http_api=self.api,
            route_key=route_key,
            integration=HttpLambdaIntegration(f"{route_id}Integration", handler),
            authorizer=authorizer,
        )
