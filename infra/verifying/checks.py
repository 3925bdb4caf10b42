"""What only the account shows of a stage that an event has just gone through."""

import gzip
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from botocore.exceptions import ClientError

from infra.verifying.roles import check_roles
from infra.verifying.stage import STACKS, DeployedStage
from ingestctl.doctor.examination import Check, CheckFailed, CheckSkipped, Examination
from ingestctl.doctor.journey import Journey

ARRIVE_SECONDS = 180.0
FLUSH_SECONDS = 120.0
MAX_LOG_PAGES = 20
_KEY = re.compile(r"environment=[a-z0-9_]+/dt=\d{4}-\d\d-\d\d/hour=\d\d/[^/]+?(\.gz)?")
_GZIP = b"\x1f\x8b"
_STEADY = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


class StageChecks:
    """Checks of a stage and of what a journey through it left there."""

    def __init__(self, stage: DeployedStage, journey: Journey, examination: Examination, *, flush: bool) -> None:
        """With `flush`, make Lambda end ingest's handlers, by a note in the function's description."""
        self._stage = stage
        self._journey = journey
        self._examination = examination
        self._flush = flush
        self._started = datetime.now(UTC)

    def checks(self) -> list[Check]:
        return [
            Check("stacks", "The stacks are deployed to their end.", self._look_at_stacks),
            Check("functions", "Every function is active.", self._look_at_functions),
            Check("console", "The console's page and its API answer at its address.", self._ask_console),
            Check("objects", "Every accepted event lies in the bucket, by partition and compressed.",
                  self._read_objects, ("delivered",)),
            Check("quarantine-objects", "Quarantined events lie encrypted.", self._read_quarantine, ("quarantine",)),
            Check("flush", "Counts that a handler still holds are written down when Lambda ends it.",
                  self._end_handlers, ("usage",)),
            Check("dead-letters", "No message was given up.", self._look_at_queues),
            Check("logs", "No function logged an error meanwhile.", self._read_logs),
            Check("alarms", "No alarm is raised.", self._look_at_alarms),
            Check("alarm-queries", "The query of every alarm can be answered.", self._run_queries, ("alarms",)),
            Check("roles", "Every function may do its work, and not what is another's.",
                  lambda: check_roles(self._stage)),
        ]  # fmt: skip

    def _look_at_stacks(self) -> str:
        client = self._stage.client("cloudformation")
        names = [f"ingest-{self._stage.settings.name}-{stack}" for stack in STACKS]
        found = {name: client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] for name in names}
        wrong = {name: status for name, status in found.items() if status not in _STEADY}
        if wrong:
            raise CheckFailed(", ".join(f"{name} is {status}" for name, status in wrong.items()), "Deploy again.")
        return ", ".join(f"{name}: {status}" for name, status in found.items())

    def _look_at_functions(self) -> str:
        functions = self._stage.functions()
        kinds = {f"{one.get('Runtime')} {'/'.join(one.get('Architectures', []))}" for one in functions}
        wrong = [one["FunctionName"] for one in functions if one.get("State", "Active") not in {"Active", "Inactive"}]
        if wrong or not functions:
            raise CheckFailed(f"Not active: {', '.join(wrong) or 'there is none'}.", "Deploy again.")
        return f"{len(functions)} functions, {', '.join(sorted(kinds))}."

    def _ask_console(self) -> str:
        if self._stage.is_emulated:
            raise CheckSkipped("The emulated CloudFront is reached by its host alone; the browser's tests go there.")
        url = self._stage.outputs["ConsoleUrl"]
        page = httpx.get(url, timeout=30)
        if page.status_code != 200 or "Content-Security-Policy" not in page.headers:
            raise CheckFailed(f"{page.status_code} without its Content-Security-Policy.", "Run `make deploy` again.")
        api = httpx.get(f"{url}/v1/openapi.json", timeout=30)
        if api.status_code != 200:
            raise CheckFailed(f"/v1 answers {api.status_code} there.")
        return f"{url} and its /v1 answer."

    def _read_objects(self) -> str:
        prefix = f"environment={self._journey.environment_id}/"
        wanted = {event_id for event_id in self._journey.sent.accepted if event_id}
        found: dict[str, bytes] = {}

        def look() -> bool:
            found.update(self._bodies(prefix, found))
            return wanted <= {line["_event_id"] for line in _lines(found.values())}

        arrived = self._examination.wait_until(look, ARRIVE_SECONDS, 3.0)
        strange = [key for key in found if not self._is_expected(key)]
        if strange:
            raise CheckFailed(f"Keys that no reader expects, such as {strange[0]}.")
        if not arrived:
            missing = len(wanted - {line["_event_id"] for line in _lines(found.values())})
            raise CheckFailed(f"{missing} of {len(wanted)} events are in none of {len(found)} objects.")
        packed = sum(body.startswith(_GZIP) for body in found.values())
        if packed < len(found) and not self._stage.is_emulated:
            raise CheckFailed(f"{len(found) - packed} of {len(found)} objects are not compressed.")
        return f"{len(wanted)} events in {len(found)} objects, {packed} of them compressed."

    def _is_expected(self, key: str) -> bool:
        matched = _KEY.fullmatch(key)
        return matched is not None and (self._stage.is_emulated or matched[1] is not None)

    def _bodies(self, prefix: str, known: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
        s3, bucket = self._stage.client("s3"), self._stage.outputs["DataBucketName"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                if entry["Key"] not in known:
                    yield entry["Key"], s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()

    def _read_quarantine(self) -> str:
        s3, bucket = self._stage.client("s3"), self._stage.outputs["DataBucketName"]
        prefix = f"quarantine/environment={self._journey.environment_id}/"
        entries = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        if not entries:
            raise CheckFailed("There is no object of them.", "Look at the quarantine writer's log.")
        head = s3.head_object(Bucket=bucket, Key=entries[0]["Key"])
        if head.get("ServerSideEncryption") != "aws:kms" and not self._stage.is_emulated:
            raise CheckFailed(f"The object's encryption is {head.get('ServerSideEncryption')}.")
        return f"{len(entries)} objects, encrypted with {head.get('ServerSideEncryption') or 'nothing (emulated)'}."

    def _end_handlers(self) -> str:
        """Have Lambda replace the handlers of ingest, and see that what they held is counted."""
        if not self._flush:
            raise CheckSkipped("Not asked for: --flush notes the run in the description of the function ingest.")
        client = self._stage.client("lambda")
        name = f"ingest-{self._stage.settings.name}-ingest"
        before = client.get_function_configuration(FunctionName=name).get("Description", "")
        wanted = len(self._journey.sent.accepted)
        try:
            client.update_function_configuration(FunctionName=name, Description=f"Verified {time.time():.0f}")
            counted = self._examination.wait_until(
                lambda: self._journey.totals()["accepted"] >= wanted, FLUSH_SECONDS, 3.0
            )
            total = self._journey.totals()["accepted"]
        finally:
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
            client.update_function_configuration(FunctionName=name, Description=before)
        if not counted or total > wanted:
            raise CheckFailed(
                f"{total} of {wanted} accepted events are counted.",
                "Look for `SIGTERM` in the function's log: its extension has to be registered.",
            )
        return f"{total} of {wanted} accepted events are counted."

    def _look_at_queues(self) -> str:
        sqs = self._stage.client("sqs")
        urls = self._stage.queues()
        dead: list[str] = []
        for url in urls:
            name = url.rpartition("/")[2]
            if "dead" not in name:
                continue
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            if int(answer["Attributes"]["ApproximateNumberOfMessages"]):
                dead.append(name)
        if dead:
            raise CheckFailed(f"Messages wait in {', '.join(dead)}.", "docs/operate.md says what to do for each.")
        return f"{len(urls)} queues."

    def _read_logs(self) -> str:
        if self._stage.is_emulated:
            raise CheckSkipped("The emulated CloudWatch Logs does not look into lines of JSON.")
        logs = self._stage.client("logs")
        since = int((self._started - timedelta(minutes=10)).timestamp() * 1000)
        found: dict[str, int] = {}
        for function in self._stage.functions():
            name = function["FunctionName"]
            group = function.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
            try:
                found[name] = self._errors_in(logs, group, since)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ResourceNotFoundException":
                    continue  # it has not run yet
                raise CheckSkipped(f"Logs can't be read ({code}).") from None
        wrong = {name: count for name, count in found.items() if count}
        if wrong:
            said = ", ".join(f"{name} {count}" for name, count in wrong.items())
            raise CheckFailed(f"Error lines: {said}.", "Read them in CloudWatch: they name what failed.")
        return f"None in the logs of {len(found)} functions."

    @staticmethod
    def _errors_in(logs: Any, group: str, since: int) -> int:
        count = 0
        token: str | None = None
        for _ in range(MAX_LOG_PAGES):
            more: dict[str, str] = {} if token is None else {"nextToken": token}
            page = logs.filter_log_events(
                logGroupName=group, startTime=since, filterPattern='{ $.level = "ERROR" }', **more
            )
            count += len(page.get("events", []))
            token = page.get("nextToken")
            if token is None:
                break
        return count

    def _look_at_alarms(self) -> str:
        alarms = self._stage.alarms()
        raised = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]
        if not alarms:
            raise CheckFailed("The stage has no alarm.", "Deploy again.")
        if raised and self._stage.is_emulated:
            raise CheckSkipped(f"The emulator raised {', '.join(raised)}; it has not every figure.")
        if raised:
            raise CheckFailed(f"Raised: {', '.join(raised)}.", "docs/operate.md has a section for each.")
        waiting = sum(alarm["StateValue"] == "INSUFFICIENT_DATA" for alarm in alarms)
        return f"{len(alarms)} alarms, {waiting} without figures yet."

    def _run_queries(self) -> str:
        client = self._stage.client("cloudwatch")
        now = datetime.now(UTC)
        asked = 0
        for alarm in self._stage.alarms():
            queries = [query for query in alarm.get("Metrics", []) if "Expression" in query]
            if not queries:
                continue
            asked += 1
            answer = client.get_metric_data(
                MetricDataQueries=alarm["Metrics"], StartTime=now - timedelta(hours=1), EndTime=now
            )
            for row in answer["MetricDataResults"]:
                if row["StatusCode"] not in {"Complete", "PartialData"}:
                    raise CheckFailed(f"{alarm['AlarmName']}: {row['StatusCode']} {row.get('Messages', '')}")
        if not asked:
            raise CheckSkipped("No alarm of this stage has a query.")
        return f"{asked} answered."


def _lines(bodies: Any) -> Iterator[dict[str, Any]]:
    for body in bodies:
        text = gzip.decompress(body) if body.startswith(_GZIP) else body
        yield from (json.loads(line) for line in text.splitlines() if line)
