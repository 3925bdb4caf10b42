"""Every finding of cdk-nag, checkov and cfn-lint that stands, where, and why it may.

The checks run in the tests, over templates of the plainest and of the fullest stage. A finding that is not excused here
fails them, and so does an excuse that nothing needs any more.
"""

import re
from dataclasses import dataclass, field

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct


@dataclass(frozen=True, slots=True)
class Excused:
    """`rule` as its tool names it; `where` matches the whole path of a construct."""

    rule: str
    where: str
    reason: str
    tool: str = field(init=False)

    def __post_init__(self) -> None:
        """Tell the tool by the rule."""
        prefix = self.rule.partition("-")[0].partition("_")[0]
        object.__setattr__(self, "tool", {"AwsSolutions": "cdk-nag", "CKV": "checkov"}.get(prefix, "cfn-lint"))


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A `*` in what a role may do: regexes of how the role's path begins, of the action, of the resource."""

    role: str
    action: str
    resource: str
    reason: str


EXCEPTIONS = (
    Excused(
        "AwsSolutions-SMG4",
        "State/DeploymentSecret/Resource",
        "A new secret makes every visitor a new one: it is rotated by decision, never by calendar.",
    ),
    Excused(
        "AwsSolutions-SMG4",
        "State/ConsoleSecret/Resource",
        "The distribution shows it: a deployment changes it there, and nothing else does.",
    ),
    Excused(
        "AwsSolutions-SMG4",
        "State/FrontSecret/Resource",
        "A distribution shows it, of this deployment or not: both are changed together, by people or a deployment.",
    ),
    Excused(
        "AwsSolutions-COG8",
        "State/SignIn/Users/Resource",
        "Threat protection is billed by user and month. There is no sign-up, Cognito locks out who guesses, "
        "and a second factor is demanded by default.",
    ),
    Excused(
        "AwsSolutions-APIG1",
        "Front/Ingest/Stage/Resource",
        "A line for each request costs more than the request; counts, bytes and outcomes are in /v1/usage and metrics.",
    ),
    Excused("CKV_AWS_95", "Front/Ingest/Stage/Resource", "As for AwsSolutions-APIG1."),
    Excused(
        "AwsSolutions-EC23",
        "Front/Balancer/Clients/Resource",
        "Browsers and servers from everywhere send events; nothing but HTTPS is open.",
    ),
    Excused(
        "AwsSolutions-CFR1",
        "Front/Console/Distribution/Resource",
        "People may work from any country; who may see something is decided by their token.",
    ),
    Excused(
        "AwsSolutions-CFR2",
        "Front/Console/Distribution/Resource",
        "Static files and an API that asks for a token and is throttled: a firewall is a setting of the stage.",
    ),
    Excused(
        "AwsSolutions-CFR4",
        "Front/Console/Distribution/Resource",
        "Without a domain of its own the console has CloudFront's certificate, whose oldest protocol is CloudFront's.",
    ),
    Excused("CKV_AWS_174", "Front/Console/Distribution/Resource", "As for AwsSolutions-CFR4."),
    Excused("CKV_AWS_68", "Front/Console/Distribution/Resource", "As for AwsSolutions-CFR2."),
    Excused(
        "CKV_AWS_258",
        "Service/Url/Url/Resource",
        "Browsers send events without an account, as to the other front doors; reserved concurrency throttles it.",
    ),
    Excused(
        "AwsSolutions-CFR1",
        "Service/IngestDomain/Distribution/Resource",
        "Visitors send events from any country.",
    ),
    Excused(
        "AwsSolutions-CFR2",
        "Service/IngestDomain/Distribution/Resource",
        "The function URL behind it is open as well, so a firewall would stand beside the way of an attack.",
    ),
    Excused("CKV_AWS_68", "Service/IngestDomain/Distribution/Resource", "As for AwsSolutions-CFR2."),
    Excused(
        "AwsSolutions-CFR3",
        "Service/IngestDomain/Distribution/Resource",
        "A line would hold the whole URL, and so the event of a pixel, and the sender's address.",
    ),
    Excused("CKV_AWS_86", "Service/IngestDomain/Distribution/Resource", "As for AwsSolutions-CFR3."),
    Excused(
        "AwsSolutions-APIG4",
        "Service/Events/Resource",
        "Browsers send events without an account: an environment's id is its address, and its origins say who may.",
    ),
    Excused(
        "AwsSolutions-SF2",
        "Service/(Redrives|Trials)/Machine/Resource",
        "Traces are billed by request and tell nothing of such work that its progress and the log of its steps do not.",
    ),
    Excused(
        "AwsSolutions-L1",
        "Service/[A-Za-z]+/Function/Resource",
        "A bundle holds what is compiled for one version of Python, and runs on no other: the stage says which.",
    ),
    Excused(
        "W3005",
        "Service/([A-Za-z]+/Function|(Redrives|Trials)/Machine)/Resource",
        "CDK lets each wait for its role and for the role's policy, and names both.",
    ),
    Excused(
        "CKV_AWS_115",
        "Service/[A-Za-z]+/Function/Resource",
        "Reserved for what callers wait for, and where two at once would do harm; elsewhere a queue's own limit holds.",
    ),
    Excused(
        "CKV_AWS_116",
        "Service/[A-Za-z]+/Function/Resource",
        "Called by a queue, which has dead letters, by an API, which answers, or by a schedule, which comes again.",
    ),
    Excused(
        "CKV_AWS_117",
        "Service/[A-Za-z]+/Function/Resource",
        "Talks to public endpoints alone, of AWS and of users, by TLS and with credentials of its own: a network would "
        "cost, and keep it from nothing. Where a stage has private_network, three functions are in it.",
    ),
    Excused(
        "CKV_AWS_173",
        "Service/[A-Za-z]+/Function/Resource",
        "Variables hold names and addresses, no secret; a key of ours would be asked at each cold start.",
    ),
    Excused(
        "CKV_AWS_364",
        "Service/Ingest/Function/Invoke.*",
        "The load balancer's target group has no ARN before it is made, and can't be made without the permission.",
    ),
    Excused(
        "CKV_AWS_158",
        ".*/(AccessLog|Logs|DeliveryLog)/Resource",
        "No line holds a value of an event or a credential, which tests see to; encrypted by CloudWatch's own key.",
    ),
    Excused(
        "CKV_AWS_192",
        "Front/Balancer/Firewall",
        "Events may hold any text, an attack's as well; what takes them runs no Java.",
    ),
    Excused(
        "CKV_AWS_158",
        "Front/Balancer/FlowLog/Resource",
        "Lines hold addresses of who knocked at a port that is not open, for as long as logs are kept; encrypted by "
        "CloudWatch's own key.",
    ),
    Excused(
        "CKV_AWS_27",
        "State/[A-Za-z]+Queue/(Queue|Dead)/Resource",
        "Encrypted by SQS's own key, which this check does not know; a key of ours would be used for each batch.",
    ),
    Excused(
        "AwsSolutions-DDB3",
        "State/Tables/Taps/Resource",
        "It holds live events for an hour; a backup would keep them for 35 days.",
    ),
    Excused("CKV_AWS_28", "State/Tables/Taps/Resource", "As for AwsSolutions-DDB3."),
    Excused(
        "CKV_AWS_18",
        "State/AccessLogs/Resource",
        "It is where access logs go: its own would log their own writing.",
    ),
    Excused(
        "CKV_AWS_21",
        "State/AccessLogs/Resource",
        "Logs are written once and expire; nothing overwrites them.",
    ),
    Excused(
        "W3045",
        "State/AccessLogs/Resource",
        "CloudFront's standard logs are granted by an ACL, and by nothing else.",
    ),
)


WILDCARDS = (
    Wildcard(
        "State/DeliveryRole", "s3:.*", r".*/(environment=|failed/)\*", "Objects: their names are made by Firehose."
    ),
    Wildcard(
        "State/LakeOptimizer", "s3:.*", r".*/lake/\*", "Files of the lake: their names are made by who writes tables."
    ),
    Wildcard(
        "State/LakeOptimizer",
        "logs:.*",
        r".*:log-group:/aws-glue/iceberg-[a-z-]+/logs:(log-stream:)?\*",
        "Streams of the log groups that Glue's optimizers write to, which are the same for all tables of an account.",
    ),
    Wildcard(
        "(State/LakeOptimizer|Service/LakeWriter)",
        "glue:.*",
        r".*:(database|table)/ingest_[a-z0-9_]+_org_\*(/(_ingest_check_)?\*)?",
        "Databases and tables are made at run time; all of a deployment's, and no others, have this prefix.",
    ),
    Wildcard(
        "Service/(Ingest|Redeliver|Provisioner|Redrive)",
        "firehose:.*",
        r".*deliverystream/ingest-[a-z0-9-]+-env_\*",
        "Streams are made at run time, one or more for each environment; all of them, and no others, have this prefix.",
    ),
    Wildcard(
        "Service/(Management|BigqueryWriter|LakeWriter)",
        "sts:AssumeRole",
        r".*:iam::\*:role/\*",
        "Roles of users, in accounts of theirs, whose trust policies decide; a condition leaves this account out.",
    ),
    Wildcard(
        "Service/Management",
        "secretsmanager:.*",
        r".*:secret:ingest-[a-z0-9-]+/destinations/\*",
        "Secrets of environments are made at run time; all of them, and no others, have this prefix.",
    ),
    Wildcard(
        "Service/(BigqueryWriter|Provisioner)",
        "secretsmanager:.*",
        r".*:secret:ingest-[a-z0-9-]+/destinations/sec_\*",
        "Credentials of destinations are made at run time; all of them, and no others, have this prefix.",
    ),
    Wildcard(
        "Service/(Ingest|Provisioner)",
        "secretsmanager:.*",
        r".*:secret:ingest-[a-z0-9-]+/destinations/hook_\*",
        "Secrets of webhooks are made at run time; all of them, and no others, have this prefix.",
    ),
    Wildcard(
        "Service/(Alerts|Provisioner)",
        "secretsmanager:.*",
        r".*:secret:ingest-[a-z0-9-]+/destinations/alert_\*",
        "Secrets of alerts' targets are made at run time; all of them, and no others, have this prefix.",
    ),
    Wildcard(
        "Service/(Alerts|Management)",
        "sns:.*",
        r".*:ingest-[a-z0-9-]+-alert-tgt_\*",
        "Topics of alerts' targets are made at run time; all of them, and no others, have this prefix.",
    ),
    Wildcard(
        "Service/Bootstrap",
        "secretsmanager:.*",
        r".*:secret:ingest-[a-z0-9-]+/admin-token\*",
        "One secret: AWS ends its ARN with characters of its own, and no other is named so.",
    ),
    Wildcard(
        "Service/(Provisioner|Management)",
        "acm:.*",
        r".*:certificate/\*",
        "Certificates have numbers that ACM makes; one is replaced or removed only with the deployment's tag.",
    ),
    Wildcard(
        "Service/Provisioner",
        "acm:(List|Request)Certificates?",
        r"\*",
        "A request has no certificate yet, and a list is of all: AWS takes nothing else for these actions.",
    ),
    Wildcard(
        "Service/Provisioner",
        "elasticloadbalancing:DescribeListenerCertificates",
        r"\*",
        "It reads, and AWS takes nothing else for it: what is changed is one listener's.",
    ),
    Wildcard(
        "Service/Provisioner",
        "apigateway:.*",
        r".*::/(domainnames|tags)/\*(/apimappings(/\*)?)?",
        "Domains are named by users at run time; one is changed or removed only with the deployment's tag, and a "
        "mapping has none.",
    ),
    Wildcard(
        "Service/(BigqueryWriter|Management|Provisioner)",
        "ec2:.*",
        r"\*|.*:ec2:.*:\*/\*",
        "Interfaces in the private network, which have no name before Lambda makes them; the functions' code is "
        "denied it.",
    ),
    Wildcard(
        "Service/Redrives?",
        "states:.*",
        r".*:execution:ingest-[a-z0-9-]+-redrives[:/]\*",
        "Executions of the machine, and runs of its own map, which have no names before they run.",
    ),
    Wildcard(
        "Service/Trial",
        "states:.*",
        r".*:execution:ingest-[a-z0-9-]+-trials:\*",
        "Executions of the machine, each named after its trial.",
    ),
    Wildcard(
        "Service/(Redrives|Trials)",
        "logs:.*",
        r"\*",
        "Log deliveries have no ARN: AWS takes nothing else for these actions.",
    ),
    Wildcard(
        "Service/(Delivered|QuarantineWriter|Redrive|Redrives|Management|BigqueryWriter|LakeWriter|Trial)",
        "s3:.*",
        r".*(lake/|environment=|quarantine/|redrive[ns]/|redrives/results/|repeats/|set-aside[-/])\*",
        "Objects below one prefix: their names are made at run time.",
    ),
)


def excuse(app: IConstruct) -> set[Excused]:
    """Write the exceptions where their tools look for them; return those that something in the app needs."""
    used: set[Excused] = set()
    for construct in app.node.find_all():
        if not isinstance(construct, CfnResource):
            continue
        excused = [entry for entry in EXCEPTIONS if re.fullmatch(entry.where, construct.node.path)]
        used.update(excused)
        nag = [entry for entry in excused if entry.tool == "cdk-nag"]
        if nag:
            Validations.of(construct).acknowledge(
                *(Acknowledgment(id=f"AwsSolutions::{entry.rule}", reason=entry.reason) for entry in nag)
            )
        checkov = [{"id": entry.rule, "comment": entry.reason} for entry in excused if entry.tool == "checkov"]
        if checkov:
            construct.add_metadata("checkov", {"skip": checkov})
        lint = [entry.rule for entry in excused if entry.tool == "cfn-lint"]
        if lint:
            construct.add_metadata("cfn-lint", {"config": {"ignore_checks": lint}})
    return used
