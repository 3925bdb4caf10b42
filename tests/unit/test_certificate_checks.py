"""What stands against a certificate, each fault at its field, before anything of it is kept."""

import json
from datetime import timedelta
from pathlib import Path

import certifi
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from domain.certificates.checks import check_certificate
from domain.certificates.facts import facts_from_pem, is_well_known
from domain.certificates.faults import Faults
from domain.certificates.names import domain_from, is_covered
from domain.certificates.pem import certificates_from_pem
from domain.errors import Rejected
from schemas.limits import MAX_CHAIN_CERTIFICATES
from tests.certificates import DOMAIN, START, intermediate, issue, key_of, key_pem, leaf, root
from tests.management_api import START_NS

NOW = START_NS // 1_000_000_000
DAY = timedelta(days=1)


def check(pem, private_key, chain="", *, domain=DOMAIN):
    return check_certificate(domain, pem, private_key, chain, NOW, Faults())


def faults_of(*arguments, **options):
    with pytest.raises(Rejected) as caught:
        check(*arguments, **options)
    return {(error["pointer"], error["code"]) for error in caught.value.errors}


def faults_of_issued(issued, chain=None):
    return faults_of(issued.pem, issued.private_key, issued.chain_with_root if chain is None else chain)


def test_a_sound_certificate_comes_back_with_its_chain_and_key():
    bundle, chain = check(leaf().pem, leaf().private_key, leaf().chain_with_root)
    assert bundle.certificate == leaf().pem
    assert bundle.chain == leaf().chain_with_root
    assert bundle.private_key == leaf().private_key
    assert bundle.key_algorithm == "EC_prime256v1"
    assert chain == [leaf().certificate, intermediate().certificate, root().certificate]
    assert leaf().private_key not in repr(bundle)


def test_the_chain_may_stand_behind_the_certificate():
    bundle, _ = check(leaf().pem + leaf().chain_with_root, leaf().private_key)
    assert (bundle.certificate, bundle.chain) == (leaf().pem, leaf().chain_with_root)


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("rsa2048", "RSA_2048"), ("p256", "EC_prime256v1"), ("p384", "EC_secp384r1")]
)
def test_keys_of_these_kinds_are_taken_in_every_form(kind, algorithm):
    made = issue(key=key_of(kind))
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        bundle, _ = check(made.pem, key_pem(made.key, form))
        assert bundle.key_algorithm == algorithm
        assert bundle.private_key == made.private_key


def test_text_around_the_blocks_is_passed_over():
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    made = issue()
    check(f"subject=CN = x\r\n{made.pem}".replace("\n", "\r\n"), parameters + made.private_key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "nothing",
        leaf().pem,
        leaf().private_key * 2,
        leaf().private_key.replace("M", "!"),
        leaf().private_key[:60],
        key_pem(leaf().key, encryption=BestAvailableEncryption(b"secret")),
        key_pem(leaf().key, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")),
        key_pem(ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=["empty", "no-pem", "certificate", "two", "broken", "cut", "encrypted", "encrypted-sec1", "ed25519"],
)
def test_what_is_no_plain_key_is_refused_without_repeating_it(key):
    with pytest.raises(Rejected) as caught:
        check(leaf().pem, key, leaf().chain_with_root)
    assert [(error["pointer"], error["code"]) for error in caught.value.errors] == [
        ("/certificate/private_key", "bad_private_key")
    ]
    assert len(key) < 80 or key[40:80] not in json.dumps(caught.value.errors)


def test_an_encrypted_key_says_how_to_decrypt_it():
    with pytest.raises(Rejected) as caught:
        check(leaf().pem, key_pem(leaf().key, encryption=BestAvailableEncryption(b"secret")), leaf().chain_with_root)
    assert "openssl pkey" in caught.value.errors[0]["message"]


def test_weak_and_unfit_keys_are_refused():
    assert faults_of_issued(issue(key=key_of("rsa1024")), "") == {("/certificate/private_key", "weak_key")}
    assert faults_of_issued(issue(key=key_of("p521")), "") == {("/certificate/private_key", "bad_private_key")}


def test_the_key_must_be_the_certificates():
    other = key_pem(key_of("p256", 9))
    assert faults_of(leaf().pem, other, leaf().chain_with_root) == {("/certificate/private_key", "key_mismatch")}
    rsa = key_pem(key_of("rsa2048"))
    assert faults_of(leaf().pem, rsa, leaf().chain_with_root) == {("/certificate/private_key", "key_mismatch")}


@pytest.mark.parametrize("names", [("other.example.com",), ("*.example.org",), ("*.events.example.com",), ()])
def test_the_certificate_must_be_for_the_domain(names):
    assert faults_of_issued(issue(names, name=DOMAIN)) == {("/certificate/pem", "domain_not_covered")}


def test_a_wildcard_stands_for_one_label():
    made = issue(("*.example.com",))
    check(made.pem, made.private_key)
    assert is_covered("a.example.com", ["*.EXAMPLE.com"])
    assert not is_covered("example.com", ["*.example.com"])
    assert not is_covered("a.b.example.com", ["*.example.com"])
    assert not is_covered("xa.example.com", ["a.example.com"])


def test_dates_are_those_of_now():
    assert faults_of_issued(issue(starts=START - 91 * DAY, days=91)) == {("/certificate/pem", "expired")}
    assert faults_of_issued(issue(starts=START + DAY)) == {("/certificate/pem", "not_yet_valid")}
    old = issue((), root(), key=key_of("p256", 4), name="Old", starts=START - 9 * DAY, days=8, is_authority=True)
    assert faults_of_issued(issue(issuer=old)) == {("/certificate/chain", "expired")}


def test_a_certificate_for_clients_alone_is_refused():
    clients = issue(usages=[ExtendedKeyUsageOID.CLIENT_AUTH])
    assert faults_of_issued(clients) == {("/certificate/pem", "not_for_servers")}
    both = issue(usages=[ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
    check(both.pem, both.private_key)


@pytest.mark.parametrize("pem", ["no pem", leaf().private_key, leaf().pem[:200], leaf().pem + leaf().private_key])
def test_what_is_no_certificate_is_refused(pem):
    assert ("/certificate/pem", "bad_certificate") in faults_of(pem, leaf().private_key)


def test_what_is_no_chain_is_refused():
    assert faults_of(leaf().pem, leaf().private_key, "no pem") == {("/certificate/chain", "bad_certificate")}
    assert faults_of(leaf().pem, leaf().private_key, leaf().private_key) == {("/certificate/chain", "bad_certificate")}


def test_a_chain_that_ends_too_early_is_refused():
    assert faults_of_issued(leaf(), "") == {("/certificate/chain", "chain_incomplete")}
    assert faults_of_issued(leaf(), intermediate().pem) == {("/certificate/chain", "chain_incomplete")}
    assert faults_of(leaf().pem + intermediate().pem, leaf().private_key) == {("/certificate/pem", "chain_incomplete")}


@pytest.mark.parametrize(
    "chain",
    [
        root().pem + intermediate().pem,
        leaf().pem + intermediate().pem + root().pem,
        intermediate().pem * 2 + root().pem,
        root().pem,
        issue((), name="Intermediate", key=key_of("p256", 8), is_authority=True).pem + root().pem,
    ],
    ids=["reversed", "leaf-again", "twice", "gap", "same-name"],
)
def test_a_chain_out_of_order_is_refused(chain):
    assert faults_of_issued(leaf(), chain) == {("/certificate/chain", "chain_order")}


def test_a_certificate_that_signs_itself_needs_no_chain():
    alone = issue()
    check(alone.pem, alone.private_key)
    assert faults_of_issued(alone, alone.pem) == {("/certificate/chain", "chain_order")}


def test_a_chain_has_a_bound():
    assert faults_of_issued(leaf(), root().pem * (MAX_CHAIN_CERTIFICATES + 1)) == {
        ("/certificate/chain", "chain_order")
    }


def test_roots_that_browsers_trust_may_be_left_out():
    assert not is_well_known(root().certificate)
    for certificate in certificates_from_pem(Path(certifi.where()).read_text("utf-8"))[:5]:
        assert is_well_known(certificate)


def test_all_faults_are_reported_at_once():
    expired = issue(("other.example.com",), starts=START - 91 * DAY, days=91)
    assert faults_of(expired.pem, key_pem(key_of("p256", 9)), "no pem") == {
        ("/certificate/pem", "expired"),
        ("/certificate/pem", "domain_not_covered"),
        ("/certificate/private_key", "key_mismatch"),
        ("/certificate/chain", "bad_certificate"),
    }


def test_facts_say_whose_it_is_and_until_when():
    facts = facts_from_pem(leaf().pem + leaf().chain_with_root)
    assert facts["subject"] == "CN=Leaf"
    assert facts["issuer"] == "CN=Intermediate"
    assert facts["sans"] == [DOMAIN]
    assert facts["publicly_trusted"] is False
    assert len(facts["fingerprint_sha256"]) == 64
    assert facts["not_before"] < facts["expires_at"]


def domain_faults(text, reserved=("in.example.com",)):
    faults = Faults()
    assert domain_from(text, reserved, faults) is None
    with pytest.raises(Rejected) as caught:
        faults.raise_if_any()
    ((pointer, code),) = {(error["pointer"], error["code"]) for error in caught.value.errors}
    assert pointer == "/domain"
    return code


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("events.example.com", "events.example.com"),
        ("Events.Example.COM", "events.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("1.2.3.4.example", "1.2.3.4.example"),
        ("xin.example.com", "xin.example.com"),
        (".".join(["a" * 61] * 4), ".".join(["a" * 61] * 4)),
    ],
)
def test_domains_are_kept_in_ascii_and_lower_case(text, domain):
    faults = Faults()
    assert domain_from(text, ("in.example.com",), faults) == domain
    faults.raise_if_any()


@pytest.mark.parametrize(
    "text",
    [
        "events.example.com.",
        "example",
        "1.2.3.4",
        "1.2.3",
        "0x7f.0x1",
        "[::1]",
        "::1",
        "*.example.com",
        "https://events.example.com",
        "events.example.com/path",
        "events.example.com:443",
        "a..example.com",
        ".example.com",
        "-a.example.com",
        "a_b.example.com",
        "a b.example.com",
        "events.example.com\n",
        "\u2603.example.com",
        "a" * 64 + ".example.com",
        ".".join(["a" * 60] * 5),
        ".",
    ],
)
def test_what_is_no_host_name_is_refused(text):
    assert domain_faults(text) == "bad_domain"


@pytest.mark.parametrize("text", ["in.example.com", "a.in.example.com", "IN.example.com", "shop.localhost"])
def test_names_of_the_deployment_are_refused(text):
    assert domain_faults(text) == "reserved_domain"
