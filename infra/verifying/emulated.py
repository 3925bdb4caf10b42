"""The front doors of an emulated AWS: one address for all, told apart by the host that is asked for."""

import os
import ssl

import httpx


class EmulatedGateways(httpx.BaseTransport):
    """Sends requests for an API's or a function's address to the emulator at `endpoint`, as for that one.

    Addresses are `<api>.execute-api.<region>.amazonaws.com` and `<id>.lambda-url.<region>.on.aws`.
    """

    def __init__(self, endpoint: str) -> None:
        """Trust the authority that AWS_CA_BUNDLE names, as all tools of AWS do."""
        self._endpoint = httpx.URL(endpoint)
        authority = os.environ.get("AWS_CA_BUNDLE")
        context = ssl.create_default_context(cafile=authority)
        self._transport = httpx.HTTPTransport(verify=context)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = emulated_host(request.url.host)
        if host is not None:
            request.headers["Host"] = f"{host}:{self._endpoint.port}"
            request.url = request.url.copy_with(
                scheme=self._endpoint.scheme, host=self._endpoint.host, port=self._endpoint.port
            )
            request.extensions.pop("sni_hostname", None)
        return self._transport.handle_request(request)

    def close(self) -> None:
        self._transport.close()


def emulated_host(host: str) -> str | None:
    """Return the name by which the emulator knows an API or a function; None for any other host."""
    name, _, rest = host.partition(".")
    service, _, where = rest.partition(".")
    if service == "execute-api":
        return f"{name}.execute-api.localhost"
    return f"{name}.lambda-url.{where.partition('.')[0]}.localhost" if service == "lambda-url" else None
