"""What every keeper of certificates keeps: AWS Certificate Manager, and the local run's folder."""

import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from adapters.acm import AcmCertificates
from adapters.files.certificates import FolderCertificates
from domain.certificates.checks import check_certificate
from domain.certificates.facts import facts_from_pem
from domain.certificates.faults import Faults
from domain.certificates.names import DeploymentHosts
from tests.certificates import DOMAIN, intermediate, issue, key_of, leaf, root

NOW = int(time.time())


class Acm:
    """moto's client, which keeps the tags of a certificate that another takes the place of, as ACM does."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    def import_certificate(self, **request):
        arn = request.get("CertificateArn")
        tags = self._client.list_tags_for_certificate(CertificateArn=arn)["Tags"] if arn else []
        answer = self._client.import_certificate(**request)
        if tags:
            self._client.add_tags_to_certificate(CertificateArn=arn, Tags=tags)
        return answer


@pytest.fixture(params=["files", "acm"])
def store(request, tmp_path):
    if request.param == "files":
        yield FolderCertificates(tmp_path / "certificates", time.time_ns)
        return
    with mock_aws():
        yield AcmCertificates(Acm(boto3.client("acm", region_name="eu-central-1")), "test")


def bundle_of(issued):
    chain = "" if issued.issuer is issued else issued.chain_with_root
    now = int(issued.certificate.not_valid_before_utc.timestamp()) + 1
    return check_certificate(DOMAIN, DeploymentHosts(), issued.pem, issued.private_key, chain, now, Faults())[0]


def fresh(**options):
    """Issue a certificate that is valid today, as ACM looks at the real clock."""
    return issue(starts=datetime.now(UTC) - timedelta(days=1), **options)


def test_a_kept_certificate_comes_back_without_its_key(store):
    made = fresh()
    reference = store.keep(bundle_of(made), DOMAIN)
    state = store.look(reference)
    assert (state.state, state.validation) == ("issued", ())
    assert state.pem.startswith(made.pem)
    assert "PRIVATE KEY" not in str(state)


def test_a_chain_comes_back_behind_its_certificate(store):
    state = store.look(store.keep(bundle_of(leaf()), DOMAIN))
    facts = facts_from_pem(state.pem)
    assert (facts["subject"], facts["issuer"]) == ("CN=Leaf", "CN=Intermediate")
    # moto puts a root of its own behind them.
    assert state.pem.startswith((leaf().pem + intermediate().pem + root().pem).rstrip())


def test_a_renewed_one_takes_the_place_of_the_former(store):
    reference = store.keep(bundle_of(fresh()), DOMAIN)
    renewed = fresh(days=200)
    assert store.keep(bundle_of(renewed), DOMAIN, reference) == reference
    assert store.look(reference).pem.startswith(renewed.pem)
    assert [kept.reference for kept in store.list_kept()] == [reference]


def test_a_place_that_is_gone_is_made_anew(store):
    reference = store.keep(bundle_of(fresh()), DOMAIN)
    store.delete(reference)
    made = fresh()
    again = store.keep(bundle_of(made), DOMAIN, reference)
    assert store.look(again).pem.startswith(made.pem)


def test_two_are_two(store):
    references = {store.keep(bundle_of(fresh()), DOMAIN) for _ in range(2)}
    assert len(references) == 2
    assert {kept.reference for kept in store.list_kept()} == references


def test_what_is_not_there_is_none_and_its_deletion_no_error(store):
    reference = store.keep(bundle_of(fresh()), DOMAIN)
    store.delete(reference)
    assert store.look(reference) is None
    store.delete(reference)
    assert store.list_kept() == []


def test_all_that_is_kept_is_listed_whatever_its_key(store):
    references = [store.keep(bundle_of(fresh(key=key_of(kind))), DOMAIN) for kind in ("rsa2048", "p256", "p384")]
    requested = store.request(DOMAIN, "1")
    kept = {certificate.reference: certificate.kept_at for certificate in store.list_kept()}
    assert kept.keys() == {*references, requested}
    assert all(abs(at - time.time()) < 600 for at in kept.values())


def test_a_requested_one_is_pending_with_its_proof_or_issued(store):
    state = store.look(store.request(DOMAIN, "1"))
    if state.state == "pending":
        ((kind, name, value),) = state.validation
        assert (kind, name.endswith(DOMAIN), value.endswith(".")) == ("CNAME", True, False)
        assert state.pem is None
    else:
        assert facts_from_pem(state.pem)["sans"] == [DOMAIN]


def test_another_attempt_asks_for_another(store):
    assert store.request(DOMAIN, "1") != store.request(DOMAIN, "2")
