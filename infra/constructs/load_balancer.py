"""The front door for volume: an Application Load Balancer, billed by hours and bytes instead of by requests.

It stands in a network of its own, of public subnets alone: no NAT gateway, nothing else inside, and the functions
outside of it. What it gets it hands to the ingest function, whose stack adds the rule.
"""

from aws_cdk import Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_elasticloadbalancingv2_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.constructs.buckets import BALANCER_LOG_PREFIX
from infra.constructs.firewall import make_ingest_acl
from infra.constructs.log_groups import make_log_group
from infra.constructs.trust import this_account
from infra.settings.stage import Firewall

ZONES = 2
"""Availability zones that it stands in: the fewest that a load balancer may have."""


class LoadBalancer(Construct):
    """Takes HTTPS from everywhere; bodies of at most 1 MB, which is what it hands to a function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: str,
        certificate: acm.ICertificate,
        access_logs: s3.Bucket | None,
        firewall: Firewall | None,
        log_days: int,
        keep_data: bool,
    ) -> None:
        """Make it with a listener that answers 503 until a function is behind it.

        Args:
            scope: see CDK.
            construct_id: see CDK.
            stage: its name.
            certificate: of the listener, where no custom domain has its own.
            access_logs: where a line for each request goes, with its query, and so with the events of pixels; None: no
                such line is written.
            firewall: limits addresses in front of it; None: nothing does.
            log_days: how long addresses that were refused at the network are kept.
            keep_data: protects it from being deleted.
        """
        super().__init__(scope, construct_id)
        network = ec2.Vpc(
            self,
            "Network",
            max_azs=ZONES,
            nat_gateways=0,
            ip_addresses=ec2.IpAddresses.cidr("10.64.0.0/22"),
            subnet_configuration=[
                ec2.SubnetConfiguration(name="front", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=False)
            ],
            restrict_default_security_group=False,
        )
        flows = network.add_flow_log(
            "Flows",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                make_log_group(self, "FlowLog", name=f"/aws/vpc/ingest-{stage}", days=log_days)
            ),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        assert flows.iam_role is not None
        # Not a role of our own: AWS would have to make another log for it, and refuses two to one place.
        made_role = flows.iam_role.node.default_child
        assert isinstance(made_role, iam.CfnRole)
        made_role.add_property_override("AssumeRolePolicyDocument.Statement.0.Condition", this_account(self))
        group = ec2.SecurityGroup(
            self, "Clients", vpc=network, description="HTTPS from everywhere", allow_all_outbound=False
        )
        group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "HTTPS")
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network,
            internet_facing=True,
            security_group=group,
            drop_invalid_header_fields=True,
            deletion_protection=keep_data,
        )
        if access_logs is not None:
            self._log_access(access_logs)
        if firewall is not None:
            self._protect(stage, firewall)
        self.listener = self.balancer.add_listener(
            "Https",
            port=443,
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[certificate],
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
            open=False,
            default_action=elb.ListenerAction.fixed_response(503, content_type="text/plain", message_body="Not yet.\n"),
        )

    def _log_access(self, bucket: s3.Bucket) -> None:
        """Write access logs: CDK's own way has to know the region when it synthesizes.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
        """
        stack = Stack.of(self)
        account = stack.account
        balancers = f"arn:{stack.partition}:elasticloadbalancing:{stack.region}:{account}:loadbalancer/*"
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                resources=[bucket.arn_for_objects(f"{BALANCER_LOG_PREFIX}AWSLogs/{account}/*")],
                conditions={"ArnLike": {"aws:SourceArn": balancers}},
            )
        )
        self.balancer.set_attribute("access_logs.s3.enabled", "true")
        self.balancer.set_attribute("access_logs.s3.bucket", bucket.bucket_name)
        self.balancer.set_attribute("access_logs.s3.prefix", BALANCER_LOG_PREFIX.rstrip("/"))

    def _protect(self, stage: str, firewall: Firewall) -> None:
        acl = make_ingest_acl(
            self,
            "Firewall",
            name=f"ingest-{stage}-balancer",
            requests_per_5_minutes=firewall.requests_per_5_minutes,
        )
        waf.CfnWebACLAssociation(
            self, "FirewallInFront", resource_arn=self.balancer.load_balancer_arn, web_acl_arn=acl.attr_arn
        )

    def add_function(self, scope: Construct, handler: lambda_.IFunction) -> None:
        """Hand every request to a function of another stack."""
        group = elb.ApplicationTargetGroup(
            scope,
            "BalancerTarget",
            target_type=elb.TargetType.LAMBDA,
            targets=[targets.LambdaTarget(handler)],
            multi_value_headers_enabled=True,
        )
        elb.ApplicationListenerRule(
            scope,
            "BalancerRule",
            listener=self.listener,
            priority=1,
            conditions=[elb.ListenerCondition.path_patterns(["*"])],
            target_groups=[group],
        )
