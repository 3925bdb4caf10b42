"""Figures as lines of a function's log, which CloudWatch turns into metrics: no call, no permission, no waiting.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
from collections.abc import Mapping
from typing import TextIO

from domain.clock import Clock
from schemas.watched import FIGURES_DIMENSION, FIGURES_NAMESPACE


class EmfMetrics:
    """Implements `MetricSink`; every metric has one dimension, the name of the deployment."""

    def __init__(self, deployment: str, clock: Clock, out: TextIO | None = None) -> None:
        """Take the name that tells deployments of one account apart; `out` is the standard output unless given."""
        self._deployment = deployment
        self._clock = clock
        self._out = out

    def emit(self, figures: Mapping[str, float]) -> None:
        directive = {
            "Namespace": FIGURES_NAMESPACE,
            "Dimensions": [[FIGURES_DIMENSION]],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in figures],
        }
        line = {
            "_aws": {"Timestamp": self._clock() // 1_000_000, "CloudWatchMetrics": [directive]},
            FIGURES_DIMENSION: self._deployment,
            **figures,
        }
        print(json.dumps(line, separators=(",", ":")), file=self._out or sys.stdout, flush=True)
