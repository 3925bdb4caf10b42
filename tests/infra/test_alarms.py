"""Every alarm tells somebody what to do, and watches something that is really said, under that very name."""

import io
import json
import logging
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from adapters.dynamodb.calls import Calls
from adapters.dynamodb.usage_folding import DynamoUsageFolder
from adapters.emf import EmfMetrics
from adapters.function_settings import settings_from_variables
from adapters.tallies import packed
from adapters.tallies import text_of as text_of_tally
from benchmarks.prices import ASSUMED
from domain.alerts.evaluating import World
from domain.certificates.expiry import EXPIRY_WARNING_DAYS
from domain.errors import Misconfigured, Undelivered
from domain.metering.ports import UsageSums
from functions.alerts.handler import make_handler as make_alerts
from functions.alerts.settings import AlertsSettings
from functions.ledger.handler import make_handler as make_ledger
from functions.ledger.settings import LedgerSettings
from functions.outbox.handler import make_handler as make_outbox
from functions.outbox.settings import OutboxSettings
from functions.usage_writer.handler import tell_set_aside
from infra.constructs.alarms import pattern_from_format
from infra.functions import FUNCTIONS
from infra.stacks.state import QUEUES
from schemas.watched import FIGURES_NAMESPACE
from tests.dynamodb_in_process import TABLE, dynamodb
from tests.functions.test_metering import Deployment as Metering
from tests.functions.test_provisioner import Deployment as Provisioning
from tests.functions.test_provisioner_domains import DAY_NS
from tests.functions.test_provisioner_domains import Deployment as Domains
from tests.infra.conftest import BOTH
from tests.infra.templates import text_of
from tests.management_api import START_NS, Api

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "docs" / "operate.md"


def alarms_of(synthesized):
    return list(synthesized.properties("service", "AWS::CloudWatch::Alarm").values())


def variables_of(synthesized, function):
    for properties in synthesized.properties("service", "AWS::Lambda::Function").values():
        if properties["Handler"] == f"functions.{function}.aws.handler":
            return {name: text_of(value) for name, value in properties["Environment"]["Variables"].items()}
    raise AssertionError(function)


def test_every_alarm_tells_somebody_and_names_a_section_of_the_runbook_and_every_section_has_an_alarm(both):
    alarms = alarms_of(both)
    titles = re.findall(r"^#+ (.+)$", RUNBOOK.read_text(), re.MULTILINE)
    sections = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    named = set()
    for alarm in alarms:
        page, _, anchor = alarm["AlarmDescription"].rpartition(" ")[2].partition("#")
        assert page == "docs/operate.md"
        assert anchor in sections, alarm["AlarmName"]
        assert alarm["AlarmActions"] == alarm["OKActions"] != []
        named.add(anchor)
    assert len({alarm["AlarmName"] for alarm in alarms}) == len(alarms)
    listed = re.findall(r"^\| \[.+?\]\(#([a-z-]+)\) \|", RUNBOOK.read_text(), re.MULTILINE)
    assert sorted(named) == sorted(listed)
    (subscription,) = both.properties("service", "AWS::SNS::Subscription").values()
    assert subscription["Endpoint"] == BOTH.alarm_email


def test_the_docs_and_the_cost_page_know_how_many_alarms_a_stage_has(plain):
    assert len(alarms_of(plain)) == pytest.approx(ASSUMED.alarms, rel=0.1)
    assert f"A stage has some {ASSUMED.alarms} alarms" in (ROOT / "docs/operate.md").read_text("utf-8")


def test_whatever_keeps_events_from_arriving_has_an_alarm(both):
    names = {alarm["AlarmName"].removeprefix("ingest-both-") for alarm in alarms_of(both)}
    assert {f"dead-letters-{queue}" for queue in QUEUES if queue != "failed"} < names
    assert {f"function-errors-{function.replace('_', '-')}" for function in FUNCTIONS} < names
    assert {
        "delivery-freshness",
        "failed-stream-objects",
        "lake-lag",
        "landing-lag",
        "ledger-imbalance",
        "outbox-lag",
    } < names


def drawn_on(synthesized):
    """Return every metric of the dashboard, as (namespace, name, dimensions)."""
    (dashboard,) = synthesized.properties("service", "AWS::CloudWatch::Dashboard").values()
    body = json.loads(text_of(dashboard["DashboardBody"]))
    for widget in body["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            namespace, name, *rest = [word for word in metric if isinstance(word, str)] or ["AWS/", "an expression"]
            yield namespace, name, frozenset(zip(rest[::2], rest[1::2], strict=True))


def watched_by(synthesized):
    """Return every metric of an alarm that is no query, likewise."""
    for alarm in alarms_of(synthesized):
        if "MetricName" in alarm:
            dimensions = {(entry["Name"], text_of(entry["Value"])) for entry in alarm.get("Dimensions", [])}
            yield alarm["Namespace"], alarm["MetricName"], frozenset(dimensions)


def emitted_by(synthesized):
    """Return what functions write as metrics when they run with their deployment's variables."""
    api = Api()
    out = io.StringIO()
    ledger = settings_from_variables(LedgerSettings, variables_of(synthesized, "ledger"))
    outbox = settings_from_variables(OutboxSettings, variables_of(synthesized, "outbox"))
    metrics = EmfMetrics(ledger.deployment, api.clock, out)
    make_ledger(api.table, api.usage, metrics, api.clock, buffer_seconds=ledger.buffer_seconds)({}, None)
    make_outbox(api.table, api.queue, EmfMetrics(outbox.deployment, api.clock, out))({}, None)
    alerts = settings_from_variables(AlertsSettings, variables_of(synthesized, "alerts"))
    world = World(api.table, api.usage, api.unknown_keys, None, api.clock, alerts.buffer_seconds)
    make_alerts(world, EmfMetrics(alerts.deployment, api.clock, out))({}, None)
    for line in map(json.loads, out.getvalue().splitlines()):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                assert metric["Name"] in line
                for names in directive["Dimensions"]:
                    yield directive["Namespace"], metric["Name"], frozenset((name, line[name]) for name in names)


def counted_by(synthesized):
    """Return what lines of logs are counted as."""
    for counted in synthesized.properties("service", "AWS::Logs::MetricFilter").values():
        for metric in counted["MetricTransformations"]:
            yield metric["MetricNamespace"], metric["MetricName"], frozenset()


def test_every_metric_of_ours_that_is_watched_or_drawn_is_emitted_under_that_name(plain):
    of_ours = {metric for metric in (*watched_by(plain), *drawn_on(plain)) if not metric[0].startswith("AWS/")}
    assert {namespace for namespace, _, _ in of_ours} == {FIGURES_NAMESPACE}
    said = {*emitted_by(plain), *counted_by(plain)}
    assert of_ours <= said
    assert len(of_ours) == 9


def use_most_of_a_plan():
    deployment = Metering()
    deployment.plan(requests_per_month=100, over_limit="accept")
    deployment.use(requests=81)
    deployment.run()


def let_a_certificate_end():
    deployment = Domains()
    deployment.put()
    deployment.take()
    for day in range(55, 91):
        deployment.api.clock.now_ns = START_NS + day * DAY_NS
        deployment.look()


def let_a_domain_fail():
    deployment = Domains()
    deployment.put()
    deployment.front.trouble = Undelivered("The quota is used up.", retryable=False)
    deployment.take()


def let_an_environment_fail():
    deployment = Provisioning()
    deployment.api.environment(deployment.endpoint)
    deployment.streams.trouble = Misconfigured("The role lacks a grant.")
    deployment.take_all()


def set_counts_aside():
    with dynamodb() as client:
        folder = DynamoUsageFolder(Calls(client), TABLE, lambda: START_NS, tell=tell_set_aside)
        assert folder.take([text_of_tally(packed([UsageSums("env_1", "rev_1", 0, accepted=1)])[0])]) == [True]
        (sheet,) = [item for item in client.everything() if item["pk"]["S"].startswith("USAGE_SHEETS")]
        client.put_item(TableName=TABLE, Item={**sheet, "rows": {"B": b"spoiled"}})
        assert folder.fold()


EVENTS = {
    "UsageSetAside": ("usage_writer", set_counts_aside, 1),
    "PlanUsed": ("metering", use_most_of_a_plan, 1),
    "CertificateExpiry": ("provisioner", let_a_certificate_end, len(EXPIRY_WARNING_DAYS)),
    "DomainFailures": ("provisioner", let_a_domain_fail, 1),
    "ProvisionerFailures": ("provisioner", let_an_environment_fail, 1),
}
"""By metric: the function whose log is read, what makes it say the line, and how often."""


def test_what_is_counted_in_logs_is_what_functions_say(plain, caplog):
    counted = plain.properties("service", "AWS::Logs::MetricFilter").values()
    assert {entry["MetricTransformations"][0]["MetricName"] for entry in counted} == {
        f"plain-{name}" for name in EVENTS
    }
    groups = plain.properties("service", "AWS::Logs::LogGroup")
    for entry in counted:
        function, happen, times = EVENTS[entry["MetricTransformations"][0]["MetricName"].partition("-")[2]]
        group = groups[text_of(entry["LogGroupName"])]
        assert group["LogGroupName"] == f"/aws/lambda/ingest-plain-{function.replace('_', '-')}"
        (pattern,) = re.fullmatch(r'\{ \$\.message = "(.+)" \}', entry["FilterPattern"]).groups()
        caplog.clear()
        with caplog.at_level(logging.INFO):
            happen()
        lines = [record for record in caplog.records if fnmatchcase(record.getMessage(), pattern)]
        assert len(lines) == times, pattern
        assert {record.name.split(".")[1] for record in lines} == {function}
        assert min(record.levelno for record in lines) >= logging.WARNING


def test_a_pattern_finds_the_lines_of_its_format():
    assert pattern_from_format("organisation %s has used %d %% of it: %s") == "organisation * has used * % of it: *"


def test_freshness_is_asked_of_all_streams_by_a_query_that_an_alarm_takes(plain):
    (alarm,) = [alarm for alarm in alarms_of(plain) if "Metrics" in alarm]
    (query,) = alarm["Metrics"]
    assert query["Expression"] == (
        'SELECT MAX("DeliveryToS3.DataFreshness") FROM SCHEMA("AWS/Firehose", DeliveryStreamName)'
    )
    assert query["Period"] == 60, "a query has to say its own"
    assert "SEARCH" not in json.dumps(alarms_of(plain)), "alarms take none"


def test_the_dashboard_shows_streams_that_are_made_later(plain):
    (dashboard,) = plain.properties("service", "AWS::CloudWatch::Dashboard").values()
    body = text_of(dashboard["DashboardBody"])
    for shown in ("DeliveryToS3.DataFreshness", "IncomingRecords", "LedgerMissing", "p99", "Dead letters", "Throttles"):
        assert shown in body
    searches = re.findall(r"SEARCH\('(.*?)',", body.replace('\\"', '"'))
    assert len(searches) == 3
    # A value in quotes is found whole or not at all.
    assert all(search.endswith(" DeliveryStreamName=ingest-plain") for search in searches), searches


def test_figures_that_stop_are_told_and_those_that_have_not_begun_are_no_alarm(plain):
    watched = {alarm["AlarmName"]: alarm for alarm in alarms_of(plain) if "InsufficientDataActions" in alarm}
    assert set(watched) == {f"ingest-plain-{name}" for name in ("alerts-behind", "ledger-imbalance", "outbox-lag")}
    for alarm in watched.values():
        assert alarm["TreatMissingData"] == "missing", "otherwise it would begin in the state ALARM"
        assert alarm["InsufficientDataActions"] == alarm["AlarmActions"]
    others = {alarm["TreatMissingData"] for alarm in alarms_of(plain) if alarm["AlarmName"] not in watched}
    assert others == {"notBreaching"}
