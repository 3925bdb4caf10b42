"""AWS WAF: web ACLs that limit what one address may ask for, and block what is known to be an attack.

Rules that look into bodies only count: a schema, a sample or an event may hold anything, a script or a path as well.
"""

from collections.abc import Sequence
from typing import Literal

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
_COMMON_BODY_RULES = (
    "CrossSiteScripting_BODY",
    "EC2MetaDataSSRF_BODY",
    "GenericLFI_BODY",
    "GenericRFI_BODY",
    "SizeRestrictions_BODY",
)
_BAD_INPUT_BODY_RULES = ("JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY")
_VENDOR = "AWS"


def make_console_acl(scope: Construct, construct_id: str, *, name: str, requests_per_5_minutes: int) -> waf.CfnWebACL:
    """Return the web ACL of the console and `/v1`; CloudFront takes it from us-east-1 alone."""
    groups = [
        _managed(1, "AWSManagedRulesAmazonIpReputationList"),
        _managed(2, "AWSManagedRulesCommonRuleSet", _COMMON_BODY_RULES),
        _managed(3, "AWSManagedRulesKnownBadInputsRuleSet", _BAD_INPUT_BODY_RULES),
    ]
    return _acl(scope, construct_id, name, "CLOUDFRONT", [_rate(0, requests_per_5_minutes), *groups])


def make_ingest_acl(scope: Construct, construct_id: str, *, name: str, requests_per_5_minutes: int) -> waf.CfnWebACL:
    """Return the web ACL of a load balancer that takes events.

    It has no rules about the content of requests: an event is in the query or the body, and may look like anything.
    """
    rules = [_rate(0, requests_per_5_minutes), _managed(1, "AWSManagedRulesAmazonIpReputationList")]
    return _acl(scope, construct_id, name, "REGIONAL", rules)


def _acl(
    scope: Construct,
    construct_id: str,
    name: str,
    kind: Literal["CLOUDFRONT", "REGIONAL"],
    rules: Sequence[waf.CfnWebACL.RuleProperty],
) -> waf.CfnWebACL:
    return waf.CfnWebACL(
        scope,
        construct_id,
        name=name,
        scope=kind,
        default_action=waf.CfnWebACL.DefaultActionProperty(allow=waf.CfnWebACL.AllowActionProperty()),
        visibility_config=_figures(name),
        rules=list(rules),
    )


def _rate(priority: int, requests_per_5_minutes: int) -> waf.CfnWebACL.RuleProperty:
    return waf.CfnWebACL.RuleProperty(
        name="RateOfAnAddress",
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(block=waf.CfnWebACL.BlockActionProperty()),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                limit=requests_per_5_minutes, aggregate_key_type="IP", evaluation_window_sec=300
            )
        ),
        visibility_config=_figures("RateOfAnAddress"),
    )


def _managed(priority: int, group: str, counted: Sequence[str] = ()) -> waf.CfnWebACL.RuleProperty:
    """Return AWS's own group of rules, of which some only count."""
    counting = waf.CfnWebACL.RuleActionProperty(count=waf.CfnWebACL.CountActionProperty())
    return waf.CfnWebACL.RuleProperty(
        name=group,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name=_VENDOR,
                name=group,
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=counting) for rule in counted
                ],
            )
        ),
        visibility_config=_figures(group),
    )


def _figures(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    # Without samples: they hold the heads of requests, and so addresses and the events of pixels.
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
