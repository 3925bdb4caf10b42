"""The console and the docs: files in a bucket behind CloudFront, and `/v1` at the same address.

One origin for both: the browser needs no CORS, and the Content-Security-Policy names no other host than the sign-in
page.
"""

import json
from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.http import DOCS_PATH
from infra.constructs.buckets import bucket_name
from infra.constructs.docs_pages import docs_pages
from infra.constructs.known_origin import known_origin, viewer_told
from infra.constructs.names import global_name
from infra.publishing import STATUS_METADATA

_FILE_OF_A_PATH = """
var PAGES = %s;
function handler(event) {
  var request = event.request;
  var path = request.uri;
  if (path === '/docs') {
    return { statusCode: 307, statusDescription: 'Temporary Redirect', headers: { location: { value: '/docs/' } } };
  }
  if (/\\.[a-z0-9]+$/.test(path)) return request;
  if (!path.startsWith('/docs/')) {
    request.uri = '/index.html';
  } else if (PAGES.indexOf(path.slice(6)) < 0) {
    request.uri = '/docs/404.html';
  } else {
    request.uri = path + (path.endsWith('/') ? 'index.html' : '.html');
  }
  return request;
}
""".strip()


def file_of_a_path(pages: Sequence[str]) -> str:
    """Return the function that says which file a path means, where the docs have these pages.

    A page of the docs is a file of its name. The console's paths are those of its router: what names no file is the one
    page. Error pages would do it for `/v1`, too.
    """
    return _FILE_OF_A_PATH % json.dumps(pages, separators=(",", ":"))


STATUS_OF_A_FILE = f"""
function handler(event) {{
  var response = event.response;
  if (response.statusCode === 200 && response.headers['x-amz-meta-{STATUS_METADATA}']) {{
    response.statusCode = 404;
    response.statusDescription = 'Not Found';
  }}
  return response;
}}
""".strip()
"""The page that says that there is none is a file, which S3 answers with 200; publishing marks it."""

SHARED_HEADERS = cloudfront.ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS_AND_SECURITY_HEADERS


class ConsoleSite(Construct):
    """What people open in a browser; its files come from `make deploy`, as they do in every other place."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api_host: str,
        secret: secretsmanager.ISecret,
        connects_to: Sequence[str],
        access_logs: s3.IBucket,
        logs_requests: bool,
        domain: str | None,
        certificate: acm.ICertificate | None,
        acl_arn: str | None,
    ) -> None:
        """Make it.

        Args:
            scope: see CDK.
            construct_id: see CDK.
            api_host: serves `/v1`.
            secret: shown to `/v1`, so that it believes what CloudFront says of the viewer.
            connects_to: further origins that the page may call.
            access_logs: where S3 notes what was read and changed in the bucket.
            logs_requests: whether CloudFront notes requests there, too, with their query.
            domain: its own, or None for the one that AWS gives.
            certificate: of `domain`, in us-east-1.
            acl_arn: of a web ACL that stands in front, or None.
        """
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Files",
            bucket_name=bucket_name(self, "console"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="console-files/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old-versions",
                    noncurrent_version_expiration=Duration.days(30),
                    expired_object_delete_marker=True,
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
            # Nothing but what `make deploy` puts there again.
            removal_policy=RemovalPolicy.DESTROY,
        )
        headers = self._headers(connects_to)
        files = origins.S3BucketOrigin.with_origin_access_control(
            self.bucket,
            origin_access_control=cloudfront.S3OriginAccessControl(
                self, "Access", origin_access_control_name=global_name(self, "console")
            ),
        )
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="The console and /v1",
            default_root_object="index.html",
            default_behavior=cloudfront.BehaviorOptions(
                origin=files,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                response_headers_policy=headers,
                function_associations=[
                    cloudfront.FunctionAssociation(
                        event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
                        function=cloudfront.Function(
                            self,
                            "Paths",
                            function_name=global_name(self, "paths"),
                            code=cloudfront.FunctionCode.from_inline(file_of_a_path(docs_pages())),
                            runtime=cloudfront.FunctionRuntime.JS_2_0,
                        ),
                    ),
                    cloudfront.FunctionAssociation(
                        event_type=cloudfront.FunctionEventType.VIEWER_RESPONSE,
                        function=cloudfront.Function(
                            self,
                            "Status",
                            function_name=global_name(self, "status"),
                            code=cloudfront.FunctionCode.from_inline(STATUS_OF_A_FILE),
                            runtime=cloudfront.FunctionRuntime.JS_2_0,
                        ),
                    ),
                ],
            ),
            additional_behaviors={
                # The client for pages. A page of another origin checks its integrity, for which it has to be shared.
                "/js/*": cloudfront.BehaviorOptions(
                    origin=files,
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                    response_headers_policy=SHARED_HEADERS,
                ),
                "/v1/*": cloudfront.BehaviorOptions(
                    origin=known_origin(api_host, secret),
                    function_associations=[viewer_told(self, "viewer")],
                    viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                    allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                    cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                    origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                ),
            },
            domain_names=[domain] if domain else None,
            certificate=certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            log_bucket=access_logs if logs_requests else None,
            log_file_prefix="console/" if logs_requests else None,
            web_acl_id=acl_arn,
        )
        self.url = f"https://{domain or self.distribution.distribution_domain_name}"
        self.docs_url = f"{self.url}{DOCS_PATH}"

    def _headers(self, connects_to: Sequence[str]) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            response_headers_policy_name=global_name(self, "headers"),
            comment="Headers of the ingest console",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=content_security_policy(connects_to), override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
            ),
        )


def content_security_policy(connects_to: Sequence[str]) -> str:
    """Return the policy of every page; styles are inline, since the component library writes them so."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            " ".join(["connect-src 'self'", *connects_to]),
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
