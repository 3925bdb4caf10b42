"""The benchmark of delivery still delivers: a connector that asks for more of a destination breaks it unseen."""

import subprocess
import sys

import pytest

from benchmarks import delivery
from benchmarks.google_uploads import running


@pytest.fixture(scope="module")
def uploads():
    with running() as address:
        yield address


@pytest.mark.parametrize("mode", delivery.MODES)
def test_every_event_of_an_object_is_delivered_in_each_mode(tmp_path, uploads, mode):
    path = tmp_path / "object.gz"
    count = delivery.write_object(path, 1_000)
    assert delivery.deliver(path, mode, uploads) == count > 1


def test_the_peak_of_a_process_is_its_own_and_not_that_of_who_started_it():
    held = b"x" * (300 * 1024 * 1024)
    asked = "from benchmarks.delivery import peak_kib; print(peak_kib())"
    peak = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert int(peak) * 1024 < len(held)
