"""What the local run is told by its environment, read once at start."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import Misconfigured
from schemas.limits import QUARANTINE_KEPT_DAYS

HOST = "127.0.0.1"
BIGQUERY_PORT = 9050
MAX_WORKERS = 64

_TOKEN = re.compile(r"[!-~]{1,200}")  # what can stand in a header as it is; how strong it is, its giver decides
_HOST_AND_PORT = re.compile(r"(http://)?[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?")
_MAX_BUFFER_SECONDS = 900  # a delivery stream's own bound
_MAX_DEFAULT_WORKERS = 8
_MAX_QUARANTINE_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Settings:
    """`admin_token` is None where one has to be made; `buffer_seconds` is how long a stream gathers an object.

    `workers` is how many processes answer requests to ingest. `bigquery_emulator_host` is an emulator that stands for
    BigQuery; with `bigquery_emulator_port` the run starts one itself. `quarantine_days` is how long refused events are
    kept. `domain_proof` has custom domains proven in the DNS. `taps_all` keeps all events of every environment for an
    hour, as a tap that has no end.
    """

    port: int = 8000
    state_dir: Path = Path(".local")
    admin_token: str | None = None
    buffer_seconds: float = 2.0
    bigquery_emulator_host: str | None = None
    bigquery_emulator_port: int | None = None
    quarantine_days: int = QUARANTINE_KEPT_DAYS
    domain_proof: bool = False
    taps_all: bool = False
    workers: int = 1

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"


def settings_from_environment(environment: Mapping[str, str], cores: int = 1) -> Settings:
    """Return the settings that variables of their names, such as PORT, give; an empty one counts as unset.

    `cores` is how many this process may use.

    Raises:
        Misconfigured: a value can't be used; the message names the variable and not its value.
    """
    default = Settings()
    state_dir = environment.get("STATE_DIR")
    return Settings(
        port=_port(environment.get("PORT")) or default.port,
        state_dir=Path(state_dir) if state_dir else default.state_dir,
        admin_token=_admin_token(environment.get("ADMIN_TOKEN")),
        buffer_seconds=_buffer_seconds(environment.get("BUFFER_SECONDS"), default.buffer_seconds),
        bigquery_emulator_host=_host(environment.get("BIGQUERY_EMULATOR_HOST")),
        bigquery_emulator_port=_emulator_port(environment),
        taps_all=_taps_all(environment.get("TAPS")),
        domain_proof=_domain_proof(environment.get("DOMAIN_PROOF")),
        workers=_workers(environment.get("WORKERS"), min(cores, _MAX_DEFAULT_WORKERS)),
        quarantine_days=_quarantine_days(environment.get("QUARANTINE_DAYS"), default.quarantine_days),
    )


def _port(text: str | None, name: str = "PORT") -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise Misconfigured(f"{name} must be a whole number from 1 to 65535.")
    return int(text)


def _admin_token(text: str | None) -> str | None:
    if not text:
        return None
    if not _TOKEN.fullmatch(text):
        raise Misconfigured("ADMIN_TOKEN must be 1 to 200 visible ASCII characters, without spaces.")
    return text


def _buffer_seconds(text: str | None, default: float) -> float:
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _MAX_BUFFER_SECONDS:
        raise Misconfigured(f"BUFFER_SECONDS must be a number from 0 to {_MAX_BUFFER_SECONDS}.")
    return seconds


def _emulator_port(environment: Mapping[str, str]) -> int | None:
    wanted = environment.get("BIGQUERY")
    if not wanted:
        return None
    if wanted != "emulator":
        raise Misconfigured("BIGQUERY must be emulator, or not be set.")
    if environment.get("BIGQUERY_EMULATOR_HOST"):
        raise Misconfigured("BIGQUERY and BIGQUERY_EMULATOR_HOST exclude each other: start one, or name another.")
    return _port(environment.get("BIGQUERY_PORT"), "BIGQUERY_PORT") or BIGQUERY_PORT


def _domain_proof(text: str | None) -> bool:
    if text not in {None, "", "off", "dns"}:
        raise Misconfigured("DOMAIN_PROOF must be dns or off.")
    return text == "dns"


def _taps_all(text: str | None) -> bool:
    if text not in {None, "", "all"}:
        raise Misconfigured("TAPS must be all, or not be set.")
    return text == "all"


def _workers(text: str | None, default: int) -> int:
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= MAX_WORKERS:
        raise Misconfigured(f"WORKERS must be a whole number from 1 to {MAX_WORKERS}.")
    return int(text)


def _host(text: str | None) -> str | None:
    if not text:
        return None
    if not _HOST_AND_PORT.fullmatch(text):
        raise Misconfigured("BIGQUERY_EMULATOR_HOST must be a host and a port, such as 127.0.0.1:9050.")
    return text


def _quarantine_days(text: str | None, default: int) -> int:
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= _MAX_QUARANTINE_DAYS:
        raise Misconfigured(f"QUARANTINE_DAYS must be a whole number from 1 to {_MAX_QUARANTINE_DAYS}.")
    return int(text)
