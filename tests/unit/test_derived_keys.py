"""Keys derived from the deployment's secret, held to HKDF of another make."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from domain.derived_keys import derived_key

SECRET = b"s" * 32


@given(st.binary(min_size=32, max_size=100), st.from_regex(r"org_[a-z0-9]{26}", fullmatch=True), st.text("a b-9"))
def test_a_key_is_what_hkdf_with_sha256_gives(secret: bytes, organisation_id: str, purpose: str) -> None:
    other = HKDF(SHA256(), 32, b"ingest-endpoints", f"{organisation_id}\0{purpose}".encode())
    assert derived_key(secret, organisation_id, purpose) == other.derive(secret)


def test_organisations_purposes_and_secrets_have_keys_of_their_own() -> None:
    keys = {
        derived_key(secret, organisation_id, purpose)
        for secret in (SECRET, b"t" * 32)
        for organisation_id in ("org_a", "org_b")
        for purpose in ("user_hash 2026-11-28", "user_hash 2026-11-29", "domain")
    }
    assert len(keys) == 12
