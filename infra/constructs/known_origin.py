"""An origin that knows a distribution of the deployment's own by a secret, and believes what it says of the viewer."""

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from domain.intake.trusted_front import FRONT_SECRET_HEADER, VIEWER_HEADER
from infra.constructs.names import global_name

_ADDRESS_OF_THE_VIEWER = f"""
function handler(event) {{
  event.request.headers['{VIEWER_HEADER}'] = {{ value: event.viewer.ip }};
  return event.request;
}}
""".strip()
"""Writes the viewer's address over what a viewer sent under that name."""


def known_origin(host: str, secret: secretsmanager.ISecret) -> origins.HttpOrigin:
    """Return the origin at a host, which is shown the secret."""
    return origins.HttpOrigin(
        host,
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        # A reference that CloudFormation resolves: the template does not hold the value.
        custom_headers={FRONT_SECRET_HEADER: secret.secret_value.unsafe_unwrap()},
    )


def viewer_told(scope: Construct, name: str) -> cloudfront.FunctionAssociation:
    """Return what tells the origin the viewer's address; `name` is that of the function in its stage."""
    return cloudfront.FunctionAssociation(
        event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
        function=cloudfront.Function(
            scope,
            "Viewer",
            function_name=global_name(scope, name),
            code=cloudfront.FunctionCode.from_inline(_ADDRESS_OF_THE_VIEWER),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        ),
    )
