"""`python -m infra.verifying --stage prod`: a verdict on a deployed stage; ends with 1 if a check failed."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import boto3

from domain.errors import Misconfigured
from infra.settings import settings_of
from infra.settings.stage import StageSettings
from infra.verifying.checks import StageChecks
from infra.verifying.stage import DeployedStage
from ingestctl.commands.doctor import destination_from, examine, say, versions
from ingestctl.doctor.examination import Check, Examination, Result
from ingestctl.doctor.journey import Journey
from ingestctl.doctor.report import counts_of
from ingestctl.doctor.tried import Tried
from ingestctl.output import Output
from ingestctl.problems import Misused

FOLDER = Path("reports")


def main(arguments: Sequence[str] | None = None, settings: StageSettings | None = None) -> list[Result]:
    """Verify the stage of the command line; return what came of each check.

    Args:
        arguments: instead of the command line's.
        settings: instead of those of the stage's file.

    Raises:
        SystemExit: a check failed (1), or the stage can't be verified at all.
    """
    given = _arguments(arguments)
    stage_settings = settings or settings_of(given.stage)
    output = Output(as_json=False)
    try:
        stage = DeployedStage(stage_settings)
        tried = Tried(
            doors=stage.doors(),
            domain=given.domain,
            bigquery=destination_from(given.bigquery),
            gzip_json=not stage.is_emulated,
        )

        def more(journey: Journey, examination: Examination) -> Sequence[Check]:
            return StageChecks(stage, journey, examination, flush=given.flush).checks()

        with stage.api() as api:
            results = examine(api, tried, output, transport=stage.transport(), more=more)
        about = {
            "Stage": f"{stage_settings.name} in {stage.region}, front door {stage_settings.front_door}",
            "Account": stage.account,
            "Addresses": ", ".join(stage.outputs[name] for name in ("IngestUrl", "ManagementUrl", "ConsoleUrl")),
            "boto3": boto3.__version__,
            **versions(),
        }
        report = given.report or _report_file(stage_settings.name)
        say(output, about, results, report)
        output.remark(f"The report is in {report}; it holds no secrets.")
    except (Misconfigured, Misused) as error:
        sys.exit(str(error))
    if counts_of(results)["failed"]:
        sys.exit(1)
    return results


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Try every promise of a deployed stage, and write a report.")
    parser.add_argument("--stage", default="dev")
    parser.add_argument("--domain", help="a domain of yours to try, with a managed certificate")
    parser.add_argument("--bigquery", metavar="@FILE", help="a BigQuery destination to try, as JSON")
    parser.add_argument("--report", metavar="FILE", help="where to write the report")
    parser.add_argument(
        "--flush", action="store_true", help="have Lambda end ingest's handlers, by a note in its description"
    )
    return parser.parse_args(arguments)


def _report_file(stage: str) -> str:
    FOLDER.mkdir(exist_ok=True)
    return str(FOLDER / f"verify-{stage}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.md")


if __name__ == "__main__":
    main()
