"""What every front door and every zone keeps when domains are served and taken down."""

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from adapters.acm import AcmCertificates
from adapters.api_gateway import DEPLOYMENT_TAG, ApiGatewayFront
from adapters.domain_fronts import DomainFronts
from adapters.host_front import HostFront
from adapters.load_balancer import LoadBalancerFront
from adapters.route53 import HostedZone
from domain.certificates.ports import DnsRecord
from domain.errors import Misconfigured, Undelivered
from tests.certificates import DOMAIN
from tests.memory_certificates import MemoryZone
from tests.moto_balancer import make_balancer

REGION = "eu-central-1"


class Apis:
    """moto's client with what it leaves out: where a domain's DNS has to lead, and the update of a domain name."""

    def __init__(self, client):
        self._client = client
        self._updated = {}
        self.before = None
        """Called with each operation's name; what it raises is what the call raises."""

    def __getattr__(self, name):
        call = getattr(self._client, name)

        def called(**request):
            if self.before:
                self.before(name)
            answer = call(**request)
            for row in answer.get("DomainNameConfigurations", ()) if "domain_name" in name else ():
                row["ApiGatewayDomainName"] = f"d-{request['DomainName']}.execute-api.example"
                row.update(self._updated.get(request["DomainName"], {}))
            return answer

        return called

    def update_domain_name(self, **request):
        self._client.get_domain_name(DomainName=request["DomainName"])
        (self._updated[request["DomainName"]],) = request["DomainNameConfigurations"]


def refusal(code, message=""):
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateDomainName")


class Gateway:
    """An HTTP API of moto, and the front before it."""

    def __init__(self):
        self.client = Apis(boto3.client("apigatewayv2", region_name=REGION))
        self.api_id = self.client.create_api(Name="ingest", ProtocolType="HTTP")["ApiId"]
        self.client.create_stage(ApiId=self.api_id, StageName="$default")
        self.front = ApiGatewayFront(self.client, self.api_id, "$default", "test")
        self.certificates = AcmCertificates(boto3.client("acm", region_name=REGION), "test")

    def certificate(self, attempt="1"):
        return self.certificates.request(DOMAIN, attempt)


@pytest.fixture
def gateway():
    with mock_aws():
        yield Gateway()


class Balancer:
    """A load balancer of moto with a certificate of its own, and the front before it."""

    def __init__(self):
        self.client = Balancers(boto3.client("elbv2", region_name=REGION))
        self.gateway = Gateway()
        self.own = self.gateway.certificate()
        made, listener = make_balancer(self.client, self.own)
        self.listener = listener["ListenerArn"]
        self.host = made["DNSName"]
        self.front = LoadBalancerFront(self.client, self.listener, self.host)

    def certificates(self):
        """Return those beside its own, as often as they are there."""
        found = self.client.describe_listener_certificates(ListenerArn=self.listener)["Certificates"]
        return [entry["CertificateArn"] for entry in found if not entry["IsDefault"]]


class Balancers:
    """moto's client; `before` is called with each operation's name, and what it raises is what the call raises."""

    def __init__(self, client):
        self._client = client
        self.before = None

    def __getattr__(self, name):
        def called(**request):
            if self.before:
                self.before(name)
            return getattr(self._client, name)(**request)

        return called if name != "get_paginator" else self._client.get_paginator


@pytest.fixture
def balancer():
    with mock_aws():
        yield Balancer()


def both_fronts():
    balancer = Balancer()
    return DomainFronts(balancer.front, balancer.gateway.front)


FRONTS = {
    "host": lambda: HostFront("127.0.0.1"),
    "api_gateway": lambda: Gateway().front,
    "load_balancer": lambda: Balancer().front,
    "both": both_fronts,
}


@pytest.fixture(params=FRONTS)
def front(request):
    with mock_aws():
        yield FRONTS[request.param]()


def arn(number=1):
    return f"arn:aws:acm:{REGION}:123456789012:certificate/{number}"


def test_serving_gives_the_record_that_leads_there_always_the_same(front):
    record = front.serve(DOMAIN, arn())
    assert record.name == DOMAIN
    assert record.type in {"A", "CNAME"}
    assert front.serve(DOMAIN, arn()) == record
    assert front.serve(DOMAIN, arn(2)).name == DOMAIN


def test_stopping_is_no_error_whether_it_was_served_or_not(front):
    front.stop(DOMAIN)
    front.serve(DOMAIN, arn())
    front.stop(DOMAIN)
    front.stop(DOMAIN)
    assert front.serve(DOMAIN, arn()).name == DOMAIN


def test_a_domain_is_mapped_to_the_api_with_its_certificate(gateway):
    gateway.front.serve(DOMAIN, gateway.certificate())
    (mapping,) = gateway.client.get_api_mappings(DomainName=DOMAIN)["Items"]
    assert (mapping["ApiId"], mapping["Stage"]) == (gateway.api_id, "$default")
    found = gateway.client.get_domain_name(DomainName=DOMAIN)
    (configuration,) = found["DomainNameConfigurations"]
    assert configuration["CertificateArn"] == gateway.certificate()
    assert (configuration["EndpointType"], configuration["SecurityPolicy"]) == ("REGIONAL", "TLS_1_2")
    assert found["Tags"] == {DEPLOYMENT_TAG: "test"}


def test_another_certificate_takes_the_place_of_the_former(gateway):
    gateway.front.serve(DOMAIN, arn(1))
    gateway.front.serve(DOMAIN, arn(2))
    (configuration,) = gateway.client.get_domain_name(DomainName=DOMAIN)["DomainNameConfigurations"]
    assert configuration["CertificateArn"] == arn(2)


def test_a_mapping_to_another_api_is_replaced(gateway):
    gateway.front.serve(DOMAIN, gateway.certificate())
    other = gateway.client.create_api(Name="other", ProtocolType="HTTP")["ApiId"]
    gateway.client.create_stage(ApiId=other, StageName="$default")
    ApiGatewayFront(gateway.client, other, "$default", "test").serve(DOMAIN, gateway.certificate())
    (mapping,) = gateway.client.get_api_mappings(DomainName=DOMAIN)["Items"]
    assert mapping["ApiId"] == other


def test_an_unmapped_domain_keeps_its_address_and_is_served_again(gateway):
    record = gateway.front.serve(DOMAIN, gateway.certificate())
    for _ in range(2):
        gateway.front.unmap(DOMAIN)
        assert gateway.client.get_api_mappings(DomainName=DOMAIN).get("Items", []) == []
    assert gateway.front.serve(DOMAIN, gateway.certificate()) == record
    assert len(gateway.client.get_api_mappings(DomainName=DOMAIN)["Items"]) == 1
    ApiGatewayFront(gateway.client, gateway.api_id, "$default", "another").unmap(DOMAIN)
    assert len(gateway.client.get_api_mappings(DomainName=DOMAIN)["Items"]) == 1
    gateway.front.unmap("nobody.example.com")


def test_a_domain_of_somebody_else_in_the_account_is_left_alone(gateway):
    configuration = {"CertificateArn": gateway.certificate(), "EndpointType": "REGIONAL"}
    gateway.client.create_domain_name(DomainName=DOMAIN, DomainNameConfigurations=[configuration])
    with pytest.raises(Undelivered, match="not this deployment's") as caught:
        gateway.front.serve(DOMAIN, gateway.certificate())
    assert not caught.value.retryable
    gateway.front.stop(DOMAIN)
    assert gateway.client.get_domain_name(DomainName=DOMAIN)["DomainName"] == DOMAIN


@pytest.mark.parametrize(
    ("error", "words", "retryable"),
    [
        (refusal("LimitExceededException"), "as many custom domains", False),
        (refusal("BadRequestException", "Maximum number of domain names reached"), "as many custom domains", False),
        (refusal("ConflictException"), "not this deployment's", False),
        (
            refusal("BadRequestException", "The domain name you provided already exists."),
            "not this deployment's",
            False,
        ),
        (refusal("BadRequestException", "The certificate chain is broken"), "with another", False),
        (refusal("TooManyRequestsException"), "TooManyRequestsException", True),
        (EndpointConnectionError(endpoint_url="https://secret"), "EndpointConnectionError", True),
    ],
)
def test_each_refusal_says_whose_move_it_is(gateway, error, words, retryable):
    def fail(operation):
        if operation == "create_domain_name":
            raise error

    gateway.client.before = fail
    with pytest.raises(Undelivered, match=words) as caught:
        gateway.front.serve(DOMAIN, arn())
    assert caught.value.retryable == retryable
    assert "secret" not in str(caught.value)


def test_a_missing_grant_is_the_operators_to_mend(gateway):
    def fail(operation):
        raise refusal("AccessDeniedException")

    gateway.client.before = fail
    with pytest.raises(Misconfigured, match="grant its role"):
        gateway.front.serve(DOMAIN, arn())


@pytest.mark.parametrize("operation", ["create_domain_name", "create_api_mapping", "get_api_mappings"])
def test_what_was_cut_short_anywhere_is_gone_on_with(gateway, operation):
    def fail(name):
        if name == operation:
            raise EndpointConnectionError(endpoint_url="x")

    gateway.client.before = fail
    with pytest.raises(Undelivered):
        gateway.front.serve(DOMAIN, arn())
    gateway.client.before = None
    gateway.front.serve(DOMAIN, arn())
    assert len(gateway.client.get_api_mappings(DomainName=DOMAIN)["Items"]) == 1


def test_a_load_balancer_has_the_certificate_once_however_often_it_is_served(balancer):
    for _ in range(3):
        assert balancer.front.serve(DOMAIN, arn(1)) == DnsRecord("CNAME", DOMAIN, balancer.host)
    balancer.front.serve("other.example.com", arn(2))
    assert balancer.certificates() == [arn(1), arn(2)]


def test_a_load_balancer_lets_go_of_the_former_certificate_once_it_has_the_new_one(balancer):
    balancer.front.serve(DOMAIN, arn(1))
    calls = []
    balancer.client.before = calls.append
    balancer.front.serve(DOMAIN, arn(2), [arn(1), arn(7)])
    assert calls == ["add_listener_certificates", "remove_listener_certificates"]
    assert balancer.certificates() == [arn(2)]


def test_a_load_balancer_lets_go_of_all_that_a_domain_had_and_of_nothing_else(balancer):
    balancer.front.serve(DOMAIN, arn(1))
    balancer.front.serve("other.example.com", arn(2))
    balancer.front.stop(DOMAIN, [arn(1), balancer.own])
    assert balancer.certificates() == [arn(2)]
    found = balancer.client.describe_listener_certificates(ListenerArn=balancer.listener)["Certificates"]
    assert balancer.own in {entry["CertificateArn"] for entry in found}, "its own stays"


def test_a_domain_that_was_made_at_another_front_door_is_served_there_until_it_is_taken_down(balancer):
    api_first = DomainFronts(balancer.gateway.front, balancer.front)
    balancer_first = DomainFronts(balancer.front, balancer.gateway.front)
    api_first.serve(DOMAIN, arn(1))
    assert balancer_first.serve(DOMAIN, arn(1)).value == balancer.host
    assert balancer.gateway.client.get_domain_name(DomainName=DOMAIN)["DomainName"] == DOMAIN
    assert api_first.serve(DOMAIN, arn(1)).value != balancer.host
    assert balancer.certificates() == [arn(1)]
    api_first.stop(DOMAIN, [arn(1)])
    assert balancer.certificates() == []
    with pytest.raises(ClientError, match="NotFoundException"):
        balancer.gateway.client.get_domain_name(DomainName=DOMAIN)


def test_a_load_balancer_that_is_full_says_so(balancer):
    for number in range(1, 25):
        balancer.front.serve(f"d{number}.example.com", arn(number))
    with pytest.raises(Undelivered, match="as many certificates") as caught:
        [balancer.front.serve(f"d{number}.example.com", arn(number)) for number in (25, 26)]
    assert not caught.value.retryable


@pytest.mark.parametrize(
    ("error", "words", "retryable"),
    [
        (refusal("TooManyCertificates"), "as many certificates", False),
        (refusal("CertificateNotFound"), "does not know the certificate yet", True),
        (refusal("Throttling"), "Throttling", True),
        (EndpointConnectionError(endpoint_url="https://secret"), "EndpointConnectionError", True),
    ],
)
def test_each_refusal_of_a_load_balancer_says_whose_move_it_is(balancer, error, words, retryable):
    def fail(operation):
        if operation == "add_listener_certificates":
            raise error

    balancer.client.before = fail
    with pytest.raises(Undelivered, match=words) as caught:
        balancer.front.serve(DOMAIN, arn(1))
    assert caught.value.retryable == retryable
    assert "secret" not in str(caught.value)


@pytest.fixture(params=["memory", "route53"])
def zone(request):
    if request.param == "memory":
        yield MemoryZone("example.com")
        return
    with mock_aws():
        client = boto3.client("route53", region_name="us-east-1")
        made = client.create_hosted_zone(Name="example.com.", CallerReference="1")["HostedZone"]["Id"]
        yield HostedZone(client, made.removeprefix("/hostedzone/"), "example.com")


RECORD = DnsRecord("CNAME", DOMAIN, "d-1.execute-api.example")
OTHER = DnsRecord("CNAME", DOMAIN, "d-2.execute-api.example")


def test_a_zone_covers_what_is_below_it(zone):
    assert zone.covers("events.example.com")
    assert zone.covers("a.b.example.com")
    assert not zone.covers("example.org")
    assert not zone.covers("myexample.com")


def test_a_zone_lends_names_one_label_below_it_that_have_no_record(zone):
    assert zone.lends(DOMAIN)
    assert not zone.lends(f"a.{DOMAIN}")
    assert not zone.lends("example.com")
    assert not zone.lends("events.example.org")
    zone.set(DnsRecord("CNAME", f"a.{DOMAIN}", "elsewhere.example"))
    assert zone.lends(DOMAIN)
    zone.set(RECORD)
    assert not zone.lends(DOMAIN)
    assert zone.lends("event.example.com")
    zone.remove(RECORD)
    assert zone.lends(DOMAIN)


def test_a_record_is_set_once_and_again_without_harm(zone):
    assert zone.set(RECORD)
    assert zone.set(RECORD)


def test_a_record_that_differs_is_left_alone(zone):
    assert zone.set(RECORD)
    assert not zone.set(OTHER)
    zone.remove(OTHER)
    assert zone.set(RECORD)


def test_a_removed_record_makes_room(zone):
    zone.set(RECORD)
    zone.remove(RECORD)
    zone.remove(RECORD)
    assert zone.set(OTHER)
