"""What a deployment is told: one file beside this one for each stage; what it does not set is as documented here."""

import re
from dataclasses import dataclass
from typing import Literal

from domain.errors import Misconfigured
from domain.records.kept_secrets import ALERT_SECRETS_KIND, CREDENTIALS_KIND, HOOK_SECRETS_KIND
from infra.bundles.bundle import Architecture
from infra.private_network import PrivateNetwork

FrontDoor = Literal["http_api", "alb", "both", "function_url"]
SecondFactor = Literal["demanded", "off"]

LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""What CloudWatch Logs takes:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
LAMBDA_PYTHONS = ("3.12", "3.13", "3.14")
"""Lambda has 3.11, too, on Amazon Linux 2: its glibc is older than the one that compiled packages need.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
NO_CLOUDFRONT_LOGS = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-south-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
    }
)
"""Regions that an account opts in to: CloudFront delivers standard logs to no bucket there.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html"""
NO_FUNCTION_URLS = frozenset(
    {
        "ap-east-2",
        "ap-south-2",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-west-1",
        "eu-central-2",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
    }
)
"""Regions in which functions have no URLs: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html"""
LEAST_FIREWALL_RATE = 10
"""https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html"""
_SCHEDULED = 4  # alerts, ledger, metering and outbox: one each


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedZone:
    """A zone of Route 53 that this account may write to; `zone_id` as Route 53 shows it, `name` without a last dot."""

    zone_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """How many requests these functions handle at once: reserved for each, and its limit.

    A region of an account has 1,000, of which Lambda keeps 100 for functions without a number; stages of one account
    and region share them. https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """

    ingest: int = 500
    """5,000 requests a second: Lambda lets each concurrent execution take ten, however short they are."""
    management: int = 50
    authorizer: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """AWS WAF in front of the console with `/v1`, and of the load balancer; AWS puts none in front of an HTTP API.

    Costs 5 dollars a month for each of the two, 1 for each rule (four at the console, two at the load balancer), and
    0.60 a million requests.
    """

    requests_per_5_minutes: int = 10_000
    """Of one address; it is refused with 403 beyond that, until its rate falls. At least 10."""
    console_acl_arn: str | None = None
    """Of a web ACL of the scope CLOUDFRONT, which exists in us-east-1 alone: needed in every other region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """The settings of a deployment; each is sensible as it stands.

    Without a domain the addresses are those that AWS gives. With one, its certificate is asked for by DNS in
    `hosted_zone`, or is the one that an ARN names.
    """

    name: str
    """Short and lower case, such as `prod`: begins the name of every stack, bucket and delivery stream."""
    region: str | None = None
    """Such as `eu-central-1`; without one, the region of the credentials that deploy."""
    account: str | None = None
    """Twelve digits; refuses to deploy into any other. Without one, the account of the credentials that deploy."""

    ingest_domain: str | None = None
    """Where events are sent, such as `in.example.com`."""
    console_domain: str | None = None
    """Where the console and `/v1` are, such as `console.example.com`."""
    hosted_zone: HostedZone | None = None
    """Holds both domains: certificates are validated and addresses set in it."""
    custom_domain_zone: HostedZone | None = None
    """Lent to custom domains: who sets one below it has its records set. Every admin of every organisation can take any
    name one label below it that has no record yet, without another proof, so it should be a zone for nothing else, and
    not that of `hosted_zone`."""
    ingest_certificate_arn: str | None = None
    """Of a certificate in the deployment's region; instead of `hosted_zone`."""
    console_certificate_arn: str | None = None
    """Of a certificate in us-east-1, where CloudFront looks: needed for a console domain in every other region."""

    front_door: FrontDoor = "http_api"
    """`http_api` costs nothing while idle; `alb` costs a fifth of it from about 100 requests a second on;
    `function_url` costs nothing for a request, as long as it has no `ingest_domain` (docs/cost.md).

    With `function_url`, an `ingest_domain` is served by a CloudFront distribution, which is billed by the request; its
    certificate has to be in us-east-1. `concurrency` is its throttle.

    Custom domains are served by the HTTP API, with `alb` by the load balancer: docs/limits.md says how many."""
    function_url: bool = False
    """Has a function URL beside the front door as well, for senders that you tell its address: the output
    `FunctionUrl`."""
    cloudfront_in_front: bool = False
    """Makes a secret that a CloudFront distribution of yours, in front of ingest, shows in the header
    `x-ingest-front-secret`: its word on viewers' places and addresses is then believed (docs/deploy.md)."""
    ingest_requests_per_second: int = 10_000
    """Steady rate of the HTTP API; more than the account's quota has no effect."""
    ingest_burst: int = 5_000
    """Requests that may come at once beyond that rate."""
    concurrency: Concurrency | None = Concurrency()
    """Reserved for functions, so that none takes what another needs; scheduled functions have one handler each. None
    reserves nothing: for a new account, whose quota of ten leaves nothing to reserve."""
    firewall: Firewall | None = None
    """Limits addresses and blocks known attacks where AWS WAF can stand; None: none is made."""
    private_network: PrivateNetwork | None = None
    """Lets environments write to PostgreSQL databases without a public address. None: functions are in no VPC."""
    balancer_access_logs: bool = False
    """Has the load balancer write a line for each request into the access-log bucket, where it is kept for 7 days. The
    line holds the whole URL, **and so the events of pixels**, and the sender's address, whatever `store_addresses`
    says."""
    console_access_logs: bool = True
    """Has CloudFront write a line for each request to the console and `/v1`, with path, query and address. It can't in
    regions that an account opts in to."""

    architecture: Architecture = "arm64"
    """arm64 is a fifth cheaper for the same work."""
    python: str = LAMBDA_PYTHONS[-1]
    """Minor version of the functions' Python, from 3.12 to 3.14. The machine that deploys should have it, too, to
    compile for it: without it, functions are deployed as sources and start slower."""

    owner_email: str | None = None
    """Who owns the first organisation: with this address, verified, at first sign-in."""
    alarm_email: str | None = None
    """Gets a mail for each alarm, after confirming the subscription once."""
    log_retention_days: int = 30
    """One of `LOG_RETENTION_DAYS`."""
    quarantine_days: int = 30
    """Refused events are deleted so many days after they came."""
    landing_days: int = 14
    """Objects on their way to BigQuery are kept for so many days, to be loaded again from."""
    catalog_table: str | None = None
    """Name of the table that takes the place of the catalog that the stack made, such as one restored from a backup:
    docs/recover.md. The stack's own stays as it is, unused."""
    counters_table: str | None = None
    """The same for the table of counters."""
    keep_data: bool = True
    """`cdk destroy` leaves tables, buckets, keys and users where they are, and deleting them asks for more."""

    sign_in: bool = True
    """Cognito for people; without it there are tokens alone."""
    second_factor: SecondFactor = "demanded"
    """A code of an authenticator app beside the password: each user sets the app up at their next sign-in. `off`: the
    password alone."""
    lake: bool = False
    """Has lakes: a queue and a function of their own, whose bundle is the largest by far, and a role with which Glue
    looks after the tables. Without it nothing of that is made, and no environment can have the destination `lake`."""
    aws_endpoint: str | None = None
    """Of an emulated AWS, whose sign-in keys are there; None on AWS."""
    bigquery_emulator_host: str | None = None
    """Host and port of an emulated BigQuery, as the functions reach it; None for Google's."""
    runbook_url: str = "docs/operate.md"
    """Where alarms send their reader: this page, as the deployment's people reach it."""
    tags: tuple[tuple[str, str], ...] = ()
    """Further tags of everything that takes tags, as (key, value)."""

    def __post_init__(self) -> None:
        """Raise `Misconfigured` for what can't be deployed, before anything is made."""
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,11}", self.name):
            raise Misconfigured("name must be 1 to 12 lower-case letters, digits or `-`, a letter first.")
        if self.account is not None and not re.fullmatch(r"[0-9]{12}", self.account):
            raise Misconfigured("account must be twelve digits.")
        # An emulated AWS runs functions by the Python that it has.
        if self.python not in LAMBDA_PYTHONS and self.aws_endpoint is None:
            raise Misconfigured(f"python must be one of {', '.join(LAMBDA_PYTHONS)}.")
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            raise Misconfigured(f"log_retention_days must be one of {', '.join(map(str, LOG_RETENTION_DAYS))}.")
        if self.ingest_domain and not (self.hosted_zone or self.ingest_certificate_arn):
            raise Misconfigured("ingest_domain needs hosted_zone or ingest_certificate_arn for its certificate.")
        if self.console_domain and not self.console_certificate_arn:
            in_us_east_1 = self.hosted_zone is not None and self.region == "us-east-1"
            if not in_us_east_1:
                raise Misconfigured(
                    "console_domain needs console_certificate_arn, of a certificate in us-east-1 where CloudFront "
                    "looks; only a deployment in us-east-1 with a hosted_zone makes it automatically."
                )
        for domain in (self.ingest_domain, self.console_domain):
            if domain and self.hosted_zone and not domain.endswith(f".{self.hosted_zone.name}"):
                raise Misconfigured(f"{domain} must be inside of the hosted zone {self.hosted_zone.name}.")
        if self.has_balancer and not self.ingest_domain:
            raise Misconfigured("front_door `alb` needs ingest_domain: a load balancer has no certificate of its own.")
        if self.ingest_domain and self.ingest_domain == self.console_domain:
            raise Misconfigured("ingest_domain and console_domain must differ.")
        if self.has_function_url:
            self._check_function_url()
        if self.firewall is not None:
            _check_firewall(self.firewall, self.region)
        if self.region is not None:
            self.check_region(self.region)

    def _check_function_url(self) -> None:
        # An emulated AWS takes no traffic from outside.
        if self.concurrency is None and self.aws_endpoint is None:
            raise Misconfigured(
                "A function URL needs concurrency: it is all that throttles it, and without it a flood of events takes "
                "what every other function of the account needs."
            )
        if not self.has_ingest_distribution:
            return
        if self.cloudfront_in_front:
            raise Misconfigured(
                "cloudfront_in_front can't be with front_door `function_url` and an ingest_domain: the stage makes a "
                "CloudFront distribution of its own then."
            )
        if self.region != "us-east-1" and not self.ingest_certificate_arn:
            raise Misconfigured(
                "ingest_domain needs ingest_certificate_arn with front_door `function_url`, of a certificate in "
                "us-east-1 where CloudFront looks; only a deployment in us-east-1 with a hosted_zone makes it "
                "automatically."
            )

    def check_region(self, region: str) -> None:
        """Raise `Misconfigured` where the stage can't be deployed to a region, which is told late without a setting."""
        if region in NO_FUNCTION_URLS and self.has_function_url:
            raise Misconfigured(
                f"Functions have no URLs in {region}: set another front_door, no function_url, or deploy elsewhere."
            )
        if region in NO_CLOUDFRONT_LOGS and self.console_access_logs:
            raise Misconfigured(
                f"CloudFront can't write access logs to a bucket in {region}, since accounts opt in to that region: "
                "set console_access_logs=False, or deploy elsewhere."
            )

    @property
    def postgres_networks(self) -> tuple[str, ...]:
        """Private networks whose databases may be written to."""
        return self.private_network.postgres_networks if self.private_network else ()

    @property
    def has_balancer(self) -> bool:
        """Whether a load balancer is one of its front doors."""
        return self.front_door in {"alb", "both"}

    @property
    def has_function_url(self) -> bool:
        """Whether a function URL is one of its front doors."""
        return self.front_door == "function_url" or self.function_url

    @property
    def has_ingest_distribution(self) -> bool:
        """Whether a CloudFront distribution of its own serves the ingest domain: a function URL takes no other name."""
        return self.front_door == "function_url" and self.ingest_domain is not None

    @property
    def mark(self) -> str:
        """Value of the tag by which the deployment knows its certificates and domain names in account and region."""
        return f"ingest-{self.name}"

    @property
    def secret_prefix(self) -> str:
        """What the name of every secret starts with that is made at run time."""
        return f"ingest-{self.name}/"

    @property
    def destination_secret_prefix(self) -> str:
        """What the names of environments' secrets start with; the operator's token is not among them."""
        return f"{self.secret_prefix}destinations/"

    @property
    def credentials_prefix(self) -> str:
        """What the names of destinations' credentials start with."""
        return f"{self.destination_secret_prefix}{CREDENTIALS_KIND}_"

    @property
    def hook_secret_prefix(self) -> str:
        """What the names of the secrets of webhooks start with."""
        return f"{self.destination_secret_prefix}{HOOK_SECRETS_KIND}_"

    @property
    def alert_secret_prefix(self) -> str:
        """What the names of the secrets of alerts' targets start with."""
        return f"{self.destination_secret_prefix}{ALERT_SECRETS_KIND}_"

    @property
    def mail_topic_prefix(self) -> str:
        """What the name of every topic starts with that mails alerts to a target, whose id follows."""
        return f"ingest-{self.name}-alert-"

    @property
    def stream_prefix(self) -> str:
        """What the name of every delivery stream starts with; an environment's id follows."""
        return f"ingest-{self.name}-"

    @property
    def lake_database_prefix(self) -> str:
        """What the name of every database of the lake starts with; an organisation's id follows.

        No name of a stage has a `_`: here two stand for each `-`, so that databases of one stage are none of another.
        """
        return f"ingest_{self.name.replace('-', '__')}_"

    def function_name(self, function: str) -> str:
        """Return what a folder of `functions/` is called as a function of the stage."""
        return f"ingest-{self.name}-{function.replace('_', '-')}"

    @property
    def reserved_concurrency(self) -> int:
        """What all functions together reserve of the account's."""
        kept = self.concurrency
        return 0 if kept is None else kept.ingest + kept.management + kept.authorizer + _SCHEDULED

    @property
    def one_at_a_time(self) -> int | None:
        """Concurrency reserved for each scheduled function, so that no run overtakes another."""
        return None if self.concurrency is None else 1


def _check_firewall(firewall: Firewall, region: str | None) -> None:
    if firewall.requests_per_5_minutes < LEAST_FIREWALL_RATE:
        raise Misconfigured(f"requests_per_5_minutes must be at least {LEAST_FIREWALL_RATE}.")
    if firewall.console_acl_arn is None and region != "us-east-1":
        raise Misconfigured(
            "firewall needs console_acl_arn, of a web ACL of the scope CLOUDFRONT, which is made in us-east-1; only a "
            "deployment whose region is us-east-1 makes it automatically."
        )
