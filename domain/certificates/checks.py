"""Every check that a certificate has to pass before anything of it is kept.

https://docs.aws.amazon.com/acm/latest/userguide/import-certificate-prerequisites.html names what ACM asks for; the
rest is what a client would refuse at the first connection, found while the person who can fix it is there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from domain.certificates.facts import fits_shared_listener, hosts_named_by, is_issued_by, is_well_known, names_of
from domain.certificates.faults import Faults
from domain.certificates.names import DeploymentHosts, is_covered, is_own_name, matches_host
from domain.certificates.pem import (
    PrivateKey,
    certificates_from_pem,
    pem_from_certificates,
    pem_from_private_key,
    private_key_from_pem,
)
from domain.certificates.ports import CertificateBundle
from schemas.limits import MAX_CHAIN_CERTIFICATES, MAX_RSA_BITS, MIN_RSA_BITS
from schemas.save_codes import CustomDomainFault as Fault

PEM_POINTER = "/certificate/pem"
KEY_POINTER = "/certificate/private_key"
CHAIN_POINTER = "/certificate/chain"

Chain = list[x509.Certificate]


def check_certificate(
    domain: str | None,
    hosts: DeploymentHosts,
    pem: str,
    private_key: str,
    chain: str,
    now_seconds: int,
    faults: Faults,
) -> tuple[CertificateBundle, Chain]:
    """Return the certificate as it can be kept, and with its chain.

    Args:
        domain: as `domain_from` returns it; None if it is at fault itself.
        hosts: see there.
        pem: the certificate; what follows it counts as the beginning of its chain, as in certbot's `fullchain.pem`.
        private_key: PKCS #8, PKCS #1 or SEC 1, in PEM, not encrypted.
        chain: the intermediate certificates, each issued by the next; the root may be left out.
        now_seconds: Unix time.
        faults: what was found before; all that stands against the certificate is added.

    Raises:
        Rejected: (invalid_request) with every fault.
    """
    certificates = _certificates(pem, PEM_POINTER, faults)
    if certificates is not None and not certificates:
        faults.add(PEM_POINTER, Fault.BAD_CERTIFICATE, "Must be a certificate in PEM: -----BEGIN CERTIFICATE----- …")
    following = _certificates(chain, CHAIN_POINTER, faults)
    if chain.strip() and following == []:
        faults.add(CHAIN_POINTER, Fault.BAD_CERTIFICATE, "Must be certificates in PEM, or be left out.")
        following = None
    key = _private_key(private_key, faults)
    every = [*(certificates or ()), *(following or ())]
    if certificates:
        _check_leaf(every[0], key, now_seconds, faults)
        _check_names(domain, hosts, every, faults)
        # Intermediates that stand behind the certificate itself are faults of that field.
        pointer = CHAIN_POINTER if following or len(certificates) == 1 else PEM_POINTER
        if following is not None:
            _check_chain(every, pointer, now_seconds, faults)
    faults.raise_if_any()
    assert key
    bundle = CertificateBundle(
        certificate=pem_from_certificates(every[:1]),
        chain=pem_from_certificates(every[1:]),
        private_key=pem_from_private_key(key),
        key_algorithm=_algorithm(key),
    )
    return bundle, every


def _certificates(text: str, pointer: str, faults: Faults) -> Chain | None:
    try:
        certificates = certificates_from_pem(text)
        for certificate in certificates:
            _ = certificate.subject, certificate.issuer  # read only now, like extensions
    except Exception:  # noqa: BLE001 - a part of each kind has errors of its own
        faults.add(
            pointer, Fault.BAD_CERTIFICATE, "Must hold certificates in PEM, whole, and nothing else such as a key."
        )
        return None
    return certificates


def _private_key(text: str, faults: Faults) -> PrivateKey | None:
    try:
        key = private_key_from_pem(text)
    except TypeError:
        message = "The key is encrypted: send it without its passphrase (openssl pkey -in KEY -out PLAIN)."
        faults.add(KEY_POINTER, Fault.BAD_PRIVATE_KEY, message)
        return None
    except Exception:  # noqa: BLE001 - cryptography has many, and none of them may repeat what it read
        message = "Must be one private key in PEM, of RSA or of a curve P-256 or P-384."
        faults.add(KEY_POINTER, Fault.BAD_PRIVATE_KEY, message)
        return None
    if isinstance(key, RSAPrivateKey):
        if key.key_size < MIN_RSA_BITS:
            faults.add(KEY_POINTER, Fault.WEAK_KEY, f"An RSA key must have at least {MIN_RSA_BITS} bits.")
        elif key.key_size > MAX_RSA_BITS:
            faults.add(KEY_POINTER, Fault.BAD_PRIVATE_KEY, f"An RSA key must have at most {MAX_RSA_BITS} bits.")
    elif not isinstance(key.curve, SECP256R1 | SECP384R1):
        faults.add(KEY_POINTER, Fault.BAD_PRIVATE_KEY, "A key of an elliptic curve must be of P-256 or P-384.")
    return key


def _check_leaf(leaf: x509.Certificate, key: PrivateKey | None, now_seconds: int, faults: Faults) -> None:
    if key is not None and not _belong_together(leaf, key):
        faults.add(
            KEY_POINTER, Fault.KEY_MISMATCH, "This is not the key of the certificate: send the one it was made with."
        )
    _check_dates([leaf], PEM_POINTER, now_seconds, faults)


def _check_names(domain: str | None, hosts: DeploymentHosts, every: Chain, faults: Faults) -> None:
    """Check for which hosts a certificate is: for the domain, and for no other host at all.

    A front door that many domains share picks a certificate by the name that is asked for, so any other name
    could take the connections of another domain.
    """
    leaf = every[0]
    try:
        names, named = names_of(leaf), hosts_named_by(leaf)
        is_usable = _is_for_servers(leaf)
    except Exception:  # noqa: BLE001 - names and extensions are read only here, and each kind has errors of its own
        faults.add(PEM_POINTER, Fault.BAD_CERTIFICATE, "A name or an extension of the certificate can't be read.")
        return
    if domain is not None and not is_covered(domain, names):
        message = (
            "The certificate is not for this domain: its subject alternative names must hold the domain, or a wildcard "
            "in the place of the domain's first label."
        )
        faults.add(PEM_POINTER, Fault.DOMAIN_NOT_COVERED, message)
    elif any(matches_host(name, hosts.reserved) for name in named):
        message = "A name of the certificate matches a host of this deployment: use a certificate for the domain alone."
        faults.add(PEM_POINTER, Fault.RESERVED_DOMAIN, message)
    elif domain is not None and not all(is_own_name(domain, name) for name in named):
        message = (
            "The certificate must be for this domain alone: every name in it must be the domain, or the wildcard in "
            "the place of the domain's first label."
        )
        faults.add(PEM_POINTER, Fault.FOREIGN_NAME, message)
    elif domain is not None and hosts.share_listener and not fits_shared_listener(domain, every):
        message = (
            "Domains share one load balancer here, so a wildcard must be issued by an authority that browsers trust: "
            "use a certificate for the domain alone."
        )
        faults.add(PEM_POINTER, Fault.UNTRUSTED_WILDCARD, message)
    if not is_usable:
        message = "The certificate's extended key usage leaves out servers (serverAuth)."
        faults.add(PEM_POINTER, Fault.NOT_FOR_SERVERS, message)


def _belong_together(leaf: x509.Certificate, key: PrivateKey) -> bool:
    encoding, form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        return leaf.public_key().public_bytes(encoding, form) == key.public_key().public_bytes(encoding, form)
    except Exception:  # noqa: BLE001 - a public key of a kind that is unknown is not that of this one
        return False


def _is_for_servers(leaf: x509.Certificate) -> bool:
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return bool({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}.intersection(usages))


def _check_chain(every: Chain, pointer: str, now_seconds: int, faults: Faults) -> None:
    if len(every) - 1 > MAX_CHAIN_CERTIFICATES:
        message = f"Must have at most {MAX_CHAIN_CERTIFICATES} certificates."
        faults.add(pointer, Fault.CHAIN_ORDER, message)
        return
    _check_dates(every[1:], pointer, now_seconds, faults)
    is_in_order = all(is_issued_by(certificate, issuer) for certificate, issuer in pairwise(every))
    if not is_in_order or every[0] in every[1:]:
        message = (
            "Must hold the issuer of the certificate, then the issuer of that one and so on, each once: neither the "
            "certificate itself nor any other."
        )
        faults.add(pointer, Fault.CHAIN_ORDER, message)
    elif not _is_complete(every):
        message = (
            "The last certificate's issuer is not there, and is not a well-known root: add the certificates between, "
            "of a private authority its root, too."
        )
        faults.add(pointer, Fault.CHAIN_INCOMPLETE, message)


def _is_complete(every: Chain) -> bool:
    return is_issued_by(every[-1], every[-1]) or is_well_known(every[-1])


def _check_dates(certificates: Sequence[x509.Certificate], pointer: str, now_seconds: int, faults: Faults) -> None:
    now = datetime.fromtimestamp(now_seconds, UTC)
    which = "The certificate" if pointer == PEM_POINTER else "A certificate of the chain"
    if any(certificate.not_valid_after_utc <= now for certificate in certificates):
        faults.add(pointer, Fault.EXPIRED, f"{which} has expired: renew it.")
    if any(certificate.not_valid_before_utc > now for certificate in certificates):
        faults.add(pointer, Fault.NOT_YET_VALID, f"{which} is not valid yet: come back when it is.")


def _algorithm(key: PrivateKey) -> str:
    """Return the key's algorithm by the names of ACM."""
    if isinstance(key, RSAPrivateKey):
        return f"RSA_{key.key_size}"
    return "EC_prime256v1" if isinstance(key.curve, SECP256R1) else "EC_secp384r1"
