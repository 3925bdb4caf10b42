"""What a deploy would find out late is said before it begins."""

import pytest

from domain.errors import Misconfigured
from infra.preflight import check_concurrency
from infra.settings.stage import Concurrency, StageSettings

STAGE = StageSettings(name="prod", concurrency=Concurrency(ingest=500, management=50, authorizer=50))


class Functions:
    """Lambda, as far as reservations go: an account's quota, and what functions have reserved of it."""

    class exceptions:  # noqa: N801 - as a client names it
        class ResourceNotFoundException(Exception):  # noqa: N818 - as AWS names it
            pass

    def __init__(self, quota, reserved):
        self.quota = quota
        self.reserved = reserved

    def get_account_settings(self):
        unreserved = self.quota - sum(self.reserved.values())
        return {"AccountLimit": {"ConcurrentExecutions": self.quota, "UnreservedConcurrentExecutions": unreserved}}

    def get_function_concurrency(self, *, FunctionName):  # noqa: N803 - as AWS names it
        if FunctionName not in self.reserved:
            raise self.exceptions.ResourceNotFoundException
        return {"ReservedConcurrentExecutions": self.reserved[FunctionName]}


@pytest.mark.parametrize(
    ("quota", "reserved"),
    [
        (1_000, {}),
        (704, {}),
        (704, {"ingest-prod-ingest": 500, "ingest-prod-management": 50}),
        (1_000, {"ingest-staging-ingest": 296}),
    ],
)
def test_an_account_that_has_what_the_stage_reserves_is_deployed_to(quota, reserved):
    check_concurrency(Functions(quota, reserved), STAGE)


@pytest.mark.parametrize(("quota", "reserved"), [(10, {}), (703, {}), (1_000, {"ingest-staging-ingest": 298})])
def test_an_account_that_has_less_is_told_with_figures_and_the_setting(quota, reserved):
    with pytest.raises(Misconfigured, match=rf"reserves 604 .* has {quota} .*`concurrency=None`"):
        check_concurrency(Functions(quota, reserved), STAGE)


def test_a_stage_that_reserves_nothing_fits_every_account():
    check_concurrency(Functions(10, {}), StageSettings(name="prod", concurrency=None))
