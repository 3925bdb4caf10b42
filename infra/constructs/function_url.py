"""The front door without a price for a request: a URL of the ingest function itself, and a domain for it.

The URL asks for no signature, so everyone may call it, as they may the other front doors. Lambda wants two permissions
for that: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
What throttles it is the function's reserved concurrency: beyond it, and beyond ten requests a second for each of its
executions, the URL answers 429. https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

from aws_cdk import Duration, Fn
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.constructs.known_origin import known_origin, viewer_told

_KEPT_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""Answers to a GET that CloudFront would keep for ten seconds, whatever its cache policy says:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html"""


class FunctionUrl(Construct):
    """Takes HTTPS from everywhere, at the name that AWS gives it and at no other."""

    def __init__(self, scope: Construct, construct_id: str, *, function: lambda_.Function) -> None:
        """Make it with the two permissions that let everyone call it."""
        super().__init__(scope, construct_id)
        made = lambda_.FunctionUrl(self, "Url", function=function, auth_type=lambda_.FunctionUrlAuthType.NONE)
        self._function = function
        self.host = Fn.select(2, Fn.split("/", made.url))
        self.address = f"https://{self.host}"

    def metric(
        self, name: str, *, period: Duration, statistic: str = "Sum", label: str | None = None
    ) -> cloudwatch.Metric:
        """Return a metric of the URL, such as `Url5xxCount`.

        https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
        """
        return self._function.metric(name, period=period, statistic=statistic, label=label)


class IngestDistribution(Construct):
    """CloudFront in front of a function URL, for a domain of its own: it caches nothing and notes nothing.

    Its access log would hold whole URLs, and so the events of pixels.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        url: FunctionUrl,
        secret: secretsmanager.ISecret,
        domain: str,
        certificate: acm.ICertificate,
    ) -> None:
        """Make it.

        Args:
            scope: see CDK.
            construct_id: see CDK.
            url: what it hands every request to. The `Host` header stays behind: the URL answers to its own name alone.
            secret: shown to ingest, so that it believes what CloudFront says of the viewer's address.
            domain: its name.
            certificate: of `domain`, in us-east-1.
        """
        super().__init__(scope, construct_id)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="Events",
            default_behavior=cloudfront.BehaviorOptions(
                origin=known_origin(url.host, secret),
                function_associations=[viewer_told(self, "ingest-viewer")],
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                compress=False,
            ),
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=Duration.seconds(0)) for status in _KEPT_ERRORS
            ],
            domain_names=[domain],
            certificate=certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        )
