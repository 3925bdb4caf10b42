"""The front doors of an emulated AWS: one address for all, told apart by the host that is asked for."""

import os
import ssl

import httpx


class EmulatedGateways(httpx.BaseTransport):
    """Sends requests for `<api>.execute-api.….amazonaws.com` to the emulator at `endpoint`, as that API's."""

    def __init__(self, endpoint: str) -> None:
        """Trust the authority that AWS_CA_BUNDLE names, as all tools of AWS do."""
        self._endpoint = httpx.URL(endpoint)
        authority = os.environ.get("AWS_CA_BUNDLE")
        context = ssl.create_default_context(cafile=authority)
        self._transport = httpx.HTTPTransport(verify=context)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        api, dot, _ = request.url.host.partition(".execute-api.")
        if dot:
            request.headers["Host"] = f"{api}.execute-api.localhost:{self._endpoint.port}"
            request.url = request.url.copy_with(
                scheme=self._endpoint.scheme, host=self._endpoint.host, port=self._endpoint.port
            )
            request.extensions.pop("sni_hostname", None)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()
