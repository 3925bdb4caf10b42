"""CloudFront in front of ingest or `/v1`: believed where it shows a secret that only it and the deployment know.

CloudFront adds what it knows of a viewer as headers, which any sender that reaches ingest beside it can write as well.
The header with the secret is one that the distribution adds to every request of its own:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
"""

import hmac
from collections.abc import Callable

from domain.http import HttpRequest

FRONT_SECRET_HEADER = "x-ingest-front-secret"  # noqa: S105 - a header's name
VIEWER_HEADER = "x-ingest-viewer"
"""Holds the viewer's address, written by a function of the deployment's own distributions over what a viewer sent."""
_VIEWER_ADDRESS_HEADER = "cloudfront-viewer-address"

FrontSecret = Callable[[], bytes]
"""Gives the shared secret. Raises `Undelivered` when it can't be had."""


class TrustedFront:
    """Knows CloudFront by its secret."""

    def __init__(self, secret: FrontSecret, *, is_ours: bool = False) -> None:
        """Take the secret; `is_ours` for a distribution of the deployment's own, which writes `VIEWER_HEADER`."""
        self._secret = secret
        self._is_ours = is_ours

    def recognise(self, request: HttpRequest) -> None:
        """Take the viewer's address for CloudFront's, and note on a request whether it tells the viewer's place.

        Raises:
            Undelivered: a secret was shown, and the true one can't be had.
        """
        shown = request.headers.get(FRONT_SECRET_HEADER)
        if shown is None or not hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), self._secret()):
            return
        if self._is_ours:
            # It says nothing of the viewer's place: what claims to is the viewer's own.
            address = request.headers.get(VIEWER_HEADER, "")
        else:
            request.is_from_trusted_front = True
            # An address and a port; https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
            address = request.headers.get(_VIEWER_ADDRESS_HEADER, "").rpartition(":")[0].strip("[]")
        if address:
            request.source_ip = address
