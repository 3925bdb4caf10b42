"""All that is wrong with a request for a custom domain, gathered, so that it can be fixed at once."""

from domain.errors import FaultyRequest
from schemas.save_codes import CustomDomainFault


class Faults:
    """Collects faults, each at its JSON Pointer; messages name the remedy and never a value."""

    def __init__(self) -> None:
        self._errors: list[dict[str, str]] = []

    def add(self, pointer: str, code: CustomDomainFault, message: str) -> None:
        self._errors.append({"pointer": pointer, "code": code.value, "message": message})

    def raise_if_any(self) -> None:
        """Raise `FaultyRequest` with all of them."""
        if self._errors:
            raise FaultyRequest(self._errors)
