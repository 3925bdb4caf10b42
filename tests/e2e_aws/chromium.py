"""A browser that finds names of the emulated cloud on this machine, and takes the certificate of the run for theirs."""

from base64 import b64encode
from contextlib import contextmanager
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import sync_playwright

from tests.browser.browsing import launch


@contextmanager
def running_browser(emulator, host):
    """Run one in which `host` leads to the emulator."""
    flags = [
        f"--host-resolver-rules=MAP {host}:443 127.0.0.1:{emulator.port}",
        f"--ignore-certificate-errors-spki-list={_fingerprint(emulator.certificate)}",
    ]
    with sync_playwright() as playwright:
        browser = launch(playwright, *flags)
        yield browser
        browser.close()


def _fingerprint(certificate):
    """Return how Chromium names a certificate's key."""
    key = load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return b64encode(sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()
