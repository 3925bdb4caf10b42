"""Custom domains and their certificates as the API takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from schemas.limits import MAX_CERTIFICATE_CHARS, MAX_PRIVATE_KEY_CHARS
from schemas.models.declared import Declared, Resource, Shown, optional_field

Pem = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CERTIFICATE_CHARS)]
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"


class ImportedCertificate(Declared):
    """A certificate that was issued elsewhere. Its key goes to the keeper of certificates and nowhere else."""

    pem: Pem = Field(
        description="The certificate in PEM; the chain may stand behind it, as in certbot's `fullchain.pem`.",
        examples=[_CERTIFICATE],
    )
    private_key: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PRIVATE_KEY_CHARS)] = Field(
        repr=False,
        description="Its key in PEM, not encrypted: RSA of 2048 to 4096 bits, or EC P-256 or P-384. Never shown.",
        examples=["-----BEGIN PRIVATE KEY-----\nMIGH…\n-----END PRIVATE KEY-----\n"],
    )
    chain: Annotated[str, StringConstraints(max_length=MAX_CERTIFICATE_CHARS)] = optional_field(
        "The intermediate certificates in PEM, each issued by the next; the root may be left out."
    )


def _one_way(value: Any, _union: ValidatorFunctionWrapHandler) -> Any:
    """Take either form, with the pointers of the one that was meant."""
    if isinstance(value, str):
        if value != "managed":
            message = 'Must be "managed", or an object with a certificate and its key.'
            raise PydanticCustomError("certificate", message)
        return value
    return ImportedCertificate.model_validate(value)


class CustomDomainPut(Declared):
    domain: Annotated[str, StringConstraints(min_length=1, max_length=300)] = Field(
        description="A host name alone. Of an internationalised one either form is taken, and shown in ASCII.",
        examples=["events.example.com"],
    )
    certificate: Annotated[ImportedCertificate | Literal["managed"], WrapValidator(_one_way)] = Field(
        description='A certificate with its key; or "managed": one is issued and renewed by the deployment.',
        examples=["managed"],
    )


class ShownCertificate(Shown):
    """What is known of a certificate; of a managed one nothing until it is issued."""

    kind: Literal["imported", "managed"]
    subject: str | None = Field(examples=["CN=events.example.com"])
    issuer: str | None = Field(examples=["CN=E7,O=Let's Encrypt,C=US"])
    sans: list[str] = Field(description="The names that it is for.", examples=[["events.example.com"]])
    not_before: str | None = Field(json_schema_extra={"format": "date-time"})
    expires_at: str | None = Field(json_schema_extra={"format": "date-time"})
    fingerprint_sha256: str | None = Field(
        description="In hexadecimal digits.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    publicly_trusted: bool | None = Field(
        description="Whether its chain ends at a root that browsers trust; nothing stops a certificate that does not."
    )


class ShownDnsRecord(Shown):
    """A record that has to stand in the DNS."""

    type: Literal["A", "CNAME", "TXT"]
    name: str = Field(examples=["events.example.com"])
    value: str = Field(examples=["d-a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"])
    purpose: Literal["proof", "routing", "validation"] = Field(
        description="`proof` shows that the domain is your organisation's, before anything serves; `routing` leads "
        "events here; `validation` has a managed certificate issued, and renewed later."
    )
    automatic: bool = Field(description="Whether the deployment has set it itself: then nothing is left to do.")


class CustomDomain(Resource):
    environment_id: str
    domain: str = Field(description="In ASCII, lower case.", examples=["events.example.com"])
    address: str = Field(description="Where events are sent.", examples=["https://events.example.com/"])
    status: Literal["pending_proof", "provisioning", "pending_validation", "active", "failed", "deleting"] = Field(
        description="`pending_proof`: waits for the record that proves the domain; nothing is served, and others may "
        "still claim the domain. `pending_validation`: waits for the validation record of a managed certificate."
    )
    status_reason: str | None = Field(description="Why it failed, or what is in the way; putting it again tries again.")
    proof: Literal["pending", "record", "zone", "off"] = Field(
        description="How the domain is proven: `record` by its TXT record, `zone` as a free name of a zone that the "
        "deployment's operator lends; `off`: this deployment asked for no proof."
    )
    checked_at: str | None = Field(
        json_schema_extra={"format": "date-time"},
        description="When the proof was last looked for, while it is pending.",
    )
    certificate: ShownCertificate
    dns_records: list[ShownDnsRecord] = Field(description="What to set where the domain is administered.")
    warning: str | None = Field(description="That the certificate expires within 30, 14 or 3 days, and what to do.")
