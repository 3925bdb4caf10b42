"""What a month costs of what runs on a schedule, whatever is sent."""

from benchmarks.prices import ASSUMED, PRICES, memory_of

MILLION = 1_000_000
HOURS_PER_MONTH = 730
MINUTES_PER_MONTH = 60 * HOURS_PER_MONTH


def scheduled(function: str, more_seconds: float = 0.0) -> float:
    """Return a month of a function that runs every minute, and waits for some seconds in each run."""
    seconds = MINUTES_PER_MONTH * (ASSUMED.seconds_per_scheduled_run + more_seconds)
    invocations = PRICES.invocation.dollars * MINUTES_PER_MONTH / MILLION
    return invocations + PRICES.compute.dollars * seconds * memory_of(function) / 1_024


def looks(per_hour: float) -> float:
    """Return a month of the ledger's looks at one environment."""
    return PRICES.read_unit.dollars * ASSUMED.reads_of_a_busy_environment * per_hour * HOURS_PER_MONTH / MILLION


def alert_looks() -> float:
    """Return a month of looks at the alerts of one environment, one each minute."""
    reads = PRICES.read_unit.dollars * ASSUMED.reads_of_an_environments_alerts * MINUTES_PER_MONTH
    writes = PRICES.write_unit.dollars * ASSUMED.writes_of_an_environments_alerts_per_hour * HOURS_PER_MONTH
    return (reads + writes) / MILLION
