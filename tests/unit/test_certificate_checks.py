"""What stands against a certificate, each fault at its field, before anything of it is kept."""

import json
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from cryptography.x509.verification import Store
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.certificates.checks import check_certificate
from domain.certificates.facts import facts_from_pem, is_publicly_trusted, is_well_known
from domain.certificates.faults import Faults
from domain.certificates.names import DeploymentHosts, domain_from, is_covered
from domain.certificates.pem import certificates_from_pem
from domain.errors import Rejected
from schemas.limits import MAX_CHAIN_CERTIFICATES
from tests.certificates import DOMAIN, START, intermediate, issue, key_of, key_pem, leaf, root
from tests.management_api import START_NS

NOW = START_NS // 1_000_000_000
DAY = timedelta(days=1)


HOSTS = DeploymentHosts(("in.example.net", "console.example.org"))
SHARED = DeploymentHosts(HOSTS.reserved, share_listener=True)


def check(pem, private_key, chain="", *, domain=DOMAIN, hosts=HOSTS):
    return check_certificate(domain, hosts, pem, private_key, chain, NOW, Faults())


def faults_of(*arguments, **options):
    with pytest.raises(Rejected) as caught:
        check(*arguments, **options)
    return {(error["pointer"], error["code"]) for error in caught.value.errors}


def faults_of_issued(issued, chain=None, **options):
    return faults_of(issued.pem, issued.private_key, issued.chain_with_root if chain is None else chain, **options)


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


ATTACKS = [
    ((DOMAIN, "events.victim.example"), "foreign_name"),
    ((DOMAIN, "*.victim.example"), "foreign_name"),
    ((DOMAIN, "example.com"), "foreign_name"),
    ((DOMAIN, f"*.{DOMAIN}"), "foreign_name"),
    ((DOMAIN, f"a.{DOMAIN}"), "foreign_name"),
    ((DOMAIN, "*"), "foreign_name"),
    ((DOMAIN, "e*.example.com"), "foreign_name"),
    ((DOMAIN, "*.*.com"), "foreign_name"),
    ((DOMAIN, "OTHER.example.com."), "foreign_name"),
    ((DOMAIN, f"{DOMAIN}\x00.victim.example"), "foreign_name"),
    ((DOMAIN, ""), "foreign_name"),
    ((DOMAIN, "in.example.net"), "reserved_domain"),
    ((DOMAIN, "In.Example.NET."), "reserved_domain"),
    ((DOMAIN, "*.example.net"), "reserved_domain"),
    ((DOMAIN, "*.EXAMPLE.org"), "reserved_domain"),
]


@pytest.mark.parametrize(("names", "code"), ATTACKS)
def test_a_certificate_is_for_no_host_but_the_domain(names, code):
    assert faults_of_issued(issue(names)) == {("/certificate/pem", code)}


@pytest.mark.parametrize(("names", "code"), [row for row in ATTACKS if "." in row[0][1]])
def test_a_common_name_that_looks_like_a_host_counts_as_one(names, code):
    assert faults_of_issued(issue(names[:1], name=names[1])) == {("/certificate/pem", code)}


def test_a_wildcard_that_matches_a_host_of_the_deployment_is_refused():
    beside = DeploymentHosts(("in.example.com",))
    assert faults_of_issued(issue(("*.example.com",)), hosts=beside) == {("/certificate/pem", "reserved_domain")}
    below = DeploymentHosts(("a.in.example.com",))
    made = issue(("*.example.com",))
    check(made.pem, made.private_key, hosts=below)


def test_a_wildcard_of_a_top_level_domain_is_nobodys_own():
    made = issue(("*.example",))
    assert faults_of_issued(made, domain="shop.example") == {("/certificate/pem", "foreign_name")}


def test_case_a_dot_at_the_end_and_the_own_wildcard_make_no_other_name():
    made = issue((DOMAIN.upper(), f"{DOMAIN}.", "*.EXAMPLE.com"), name="Events.Example.com")
    check(made.pem, made.private_key)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_certificate_for_an_address_is_refused(address):
    made = issue(others=[x509.IPAddress(ip_address(address))])
    assert faults_of_issued(made) == {("/certificate/pem", "foreign_name")}


def test_names_that_are_no_hosts_do_not_count():
    uri = x509.UniformResourceIdentifier("https://victim.example/")
    made = issue(others=[x509.RFC822Name("someone@victim.example"), uri], name="Events of Example Inc., Ltd.")
    check(made.pem, made.private_key)
    assert faults_of_issued(issue((), others=[uri], name=DOMAIN)) == {("/certificate/pem", "domain_not_covered")}


HOST_NAMES = st.sampled_from(
    [DOMAIN, "example.com", "in.example.net", "victim.example", "com", "xn--bcher-kva.example", "a.events.example.com"]
)
FORMS = st.sampled_from([str, str.upper, "*.{}".format, "{}.".format, "www.{}".format])
NAMES = st.lists(st.builds(lambda name, form: form(name), HOST_NAMES, FORMS), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(NAMES, HOST_NAMES | st.just("Leaf"))
def test_what_is_accepted_names_the_domain_and_its_own_wildcard_alone(names, common_name):
    """Held against a definition of its own: no name that is accepted matches a host of others."""
    made = issue(names, name=common_name)
    own = {DOMAIN, "*.example.com"}
    every = {name.lower().rstrip(".") for name in [*names, *([common_name] if "." in common_name else [])]}
    is_sound = every <= own and any(name.lower() in own for name in names)
    try:
        check(made.pem, made.private_key)
    except Rejected as error:
        assert not is_sound
        codes = {row["code"] for row in error.errors}
        assert codes <= {"foreign_name", "reserved_domain", "domain_not_covered"}
    else:
        assert is_sound


@pytest.mark.parametrize(
    "value", [b"\x30\x03\x82\x01\xff", b"\x30\x02\xa3\x00", b"\x04\x00", b"", b"\x30\x04\x87\x02\x01\x02"]
)
def test_names_that_cannot_be_read_are_a_fault_of_the_certificate(value):
    san = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, value)
    assert faults_of_issued(issue((), extensions=[san])) == {("/certificate/pem", "bad_certificate")}


def test_on_a_shared_listener_a_wildcard_needs_an_authority_that_browsers_trust():
    made = issue(("*.example.com",))
    assert faults_of_issued(made, hosts=SHARED) == {("/certificate/pem", "untrusted_wildcard")}
    check(leaf().pem, leaf().private_key, leaf().chain_with_root, hosts=SHARED)


def extensions_for(key, issuer_key, *, is_authority):
    """Return what browsers ask of every certificate beside its names."""
    signs = x509.KeyUsage(not is_authority, False, False, False, False, is_authority, is_authority, False, False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return [signs, issuer, x509.SubjectKeyIdentifier.from_public_key(key.public_key())]


def test_only_a_whole_chain_of_authorities_is_publicly_trusted():
    keys = [key_of("p256", number) for number in (20, 21, 22, 23)]
    server = [ExtendedKeyUsageOID.SERVER_AUTH]
    top, middle = (extensions_for(keys[number], keys[0], is_authority=True) for number in (0, 1))
    ends = [extensions_for(keys[number], keys[number - 1], is_authority=False) for number in (2, 3)]
    anchor = issue((), key=keys[0], name="Top", is_authority=True, extensions=top)
    between = issue((), anchor, key=keys[1], name="Middle", is_authority=True, extensions=middle)
    real = issue((DOMAIN,), between, key=keys[2], usages=server, extensions=ends[0])
    store = Store([anchor.certificate])
    chain = [real.certificate, between.certificate]
    assert is_publicly_trusted(chain, store)
    assert is_publicly_trusted([*chain, anchor.certificate], store)
    assert not is_publicly_trusted(chain)
    assert not is_publicly_trusted(chain[:1], store)
    # Issued with a key that may issue nothing: each signature is right, and browsers refuse it.
    forged = issue(("*.victim.example",), real, key=keys[3], usages=server, extensions=ends[1])
    assert forged.certificate.verify_directly_issued_by(real.certificate) is None
    assert not is_publicly_trusted([forged.certificate, *chain], store)


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
        (".".join(["a" * 58] * 4), ".".join(["a" * 58] * 4)),
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
        ".".join(["a" * 58] * 4) + "a",
        ".",
    ],
)
def test_what_is_no_host_name_is_refused(text):
    assert domain_faults(text) == "bad_domain"


@pytest.mark.parametrize("name", ["strasse.example", "kirk.example", "xn--strae-oqa.example"])
def test_letters_that_only_fold_to_each_other_are_other_domains(name):
    """`ß` is `xn--strae-oqa`, as browsers have it; the Kelvin sign is a `k` to every one of them."""
    sharp, kelvin = (domain_from(text, (), Faults()) for text in ("straße.example", "\u212airk.example"))
    assert (name == sharp, name == kelvin) == (name == "xn--strae-oqa.example", name == "kirk.example")


@pytest.mark.parametrize(
    "text", ["example.com", "in.example.com", "a.in.example.com", "IN.example.com", "shop.localhost"]
)
def test_names_of_the_deployment_are_refused(text):
    assert domain_faults(text) == "reserved_domain"
