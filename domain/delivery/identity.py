"""How a deployment on AWS says for whom it acts, towards others who trust AWS."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AwsSession:
    """Short-lived credentials of AWS, and their region."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    region: str


AwsIdentity = Callable[[str], AwsSession]
"""Returns credentials that name an organisation, by its id: so that no organisation can use another's trust."""
