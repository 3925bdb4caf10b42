"""Crashes and broken disks: what was acknowledged is delivered, once."""

import errno
import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.files.disk import Disk
from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from adapters.files.write_ahead import framed, read_segment
from domain.delivery.stream_settings import StreamSettings
from domain.errors import Misconfigured, Undelivered

SECOND_NS = 1_000_000_000
ROOT = Path(__file__).parents[2]


class Clock:
    def __init__(self):
        self.ns = 1_795_417_501 * SECOND_NS

    def __call__(self):
        return self.ns


class UnsyncedDisk(Disk):
    """Leaves out the waiting."""

    def sync(self, descriptor):
        pass

    def sync_folder(self, path):
        pass


class Crash(BaseException):
    """The process is gone."""


class PowerCutDisk(UnsyncedDisk):
    """Stops dead at one operation; then a power cut takes back some of what was not synced.

    `when` says whether the last operation had no effect, its full effect, or half of it.
    """

    def __init__(self, crash_at=None, when="before", noise=None):
        self.count = 0
        self.crash_at = crash_at
        self.when = when
        self.noise = noise or random.Random(0)
        self.is_dead = False
        self.paths = {}
        self.synced_bytes = {}
        self.unsynced_names = defaultdict(list)

    def step(self, effect, half=None):
        if self.is_dead:
            raise Crash
        self.count += 1
        if self.count == self.crash_at:
            self.is_dead = True
            if self.when == "after":
                effect()
            elif self.when == "halfway" and half is not None:
                half()
            raise Crash
        return effect()

    def create(self, path):
        def effect():
            descriptor = super(PowerCutDisk, self).create(path)
            self.paths[descriptor] = path
            self.synced_bytes[path] = 0
            self.unsynced_names[path.parent].append(lambda: path.unlink(missing_ok=True))
            return descriptor

        return self.step(effect)

    def write(self, descriptor, data):
        half = data[: self.noise.randrange(len(data))]
        write = super().write
        self.step(lambda: write(descriptor, data), lambda: write(descriptor, half))

    def sync(self, descriptor):
        def effect():
            self.synced_bytes[self.paths[descriptor]] = os.fstat(descriptor).st_size

        self.step(effect)

    def truncate(self, descriptor, size_bytes):
        truncate = super().truncate
        self.step(lambda: truncate(descriptor, size_bytes))

    def rename(self, source, target):
        def effect():
            old = target.read_bytes() if target.exists() else None
            self.synced_bytes[target] = self.synced_bytes.pop(source)
            source.rename(target)
            undo = (lambda: target.unlink(missing_ok=True)) if old is None else (lambda: target.write_bytes(old))
            self.unsynced_names[target.parent].append(undo)

        self.step(effect)

    def remove(self, path):
        def effect():
            if path.exists():
                old = path.read_bytes()
                path.unlink()
                self.synced_bytes.pop(path, None)
                self.unsynced_names[path.parent].append(lambda: path.write_bytes(old))

        self.step(effect)

    def make_folder(self, path):
        def effect():
            if not path.exists():
                path.mkdir()
                self.unsynced_names[path.parent].append(lambda: shutil.rmtree(path))

        self.step(effect)

    def remove_folder(self, path):
        def effect():
            path.rmdir()
            self.unsynced_names[path.parent].append(path.mkdir)

        self.step(effect)

    def sync_folder(self, path):
        self.step(self.unsynced_names[path].clear)

    def cut_power(self):
        for path, synced_bytes in self.synced_bytes.items():
            if path.exists() and path.stat().st_size > synced_bytes:
                kept = self.noise.randint(synced_bytes, path.stat().st_size)
                os.truncate(path, kept)
                if self.noise.random() < 0.3:
                    os.truncate(path, kept + self.noise.randrange(40))  # a length without its data: zeros
        # The names in outer folders last: undoing those takes everything below away.
        for folder in sorted(self.unsynced_names, key=lambda folder: -len(folder.parts)):
            undos = self.unsynced_names[folder]
            if folder.exists():
                for undo in reversed(undos[self.noise.randint(0, len(undos)) :]):
                    undo()


class BreakingDisk(UnsyncedDisk):
    """Is full at the operations of that range; a write does half of its work first."""

    def __init__(self, numbers):
        self.count = 0
        self.numbers = numbers
        self.met = 0

    def _fails(self):
        self.count += 1
        if self.count - 1 in self.numbers:
            self.met += 1
            return True
        return False

    def _check(self):
        if self._fails():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def create(self, path):
        self._check()
        return super().create(path)

    def write(self, descriptor, data):
        if self._fails():
            super().write(descriptor, data[: len(data) // 2 + 20])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(descriptor, data)

    def sync(self, descriptor):
        self._check()

    def truncate(self, descriptor, size_bytes):
        self._check()
        super().truncate(descriptor, size_bytes)

    def rename(self, source, target):
        self._check()
        super().rename(source, target)

    def remove(self, path):
        self._check()
        super().remove(path)

    def make_folder(self, path):
        self._check()
        super().make_folder(path)

    def remove_folder(self, path):
        self._check()
        super().remove_folder(path)

    def sync_folder(self, path):
        self._check()


class Ledger:
    """What was tried, and what the streams said of it."""

    def __init__(self):
        self.tried = []
        self.acknowledged = []
        self.refused = []
        self.retryable = []

    def put(self, streams, stream, count):
        records = [b"%d\n" % (len(self.tried) + n) for n in range(count)]
        self.tried += records
        try:
            assert streams.put_records(stream, records) == [None] * count
        except Undelivered as error:
            self.refused += records
            self.retryable.append(error.retryable)
        else:
            self.acknowledged += records


def settings(bucket, buffer_bytes=40):
    return StreamSettings(bucket, "dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/", 10, buffer_bytes)


def again_and_again(call):
    for _ in range(20):
        try:
            return call()
        except Undelivered:
            continue
    return call()


def live(folder, disk, ledger):
    """Lead a short life: two streams, buffers that fill and that come due, a removal, other settings, an end."""
    clock = Clock()
    streams = FolderStreams(folder / "streams", FolderObjects(folder / "objects", disk=disk), clock, disk=disk)
    again_and_again(lambda: streams.create("s1", settings("bucket-a")))
    again_and_again(lambda: streams.create("s2", settings("bucket-b", 1_000)))
    for turn in range(5):
        ledger.put(streams, "s1", 3)
        ledger.put(streams, "s2", 1 + turn % 2)
        ledger.put(streams, "s1", 1)
        clock.ns += 4 * SECOND_NS
        streams.flush_due()
    again_and_again(lambda: streams.delete("s2"))
    again_and_again(lambda: streams.create("s1", settings("bucket-c")))
    ledger.put(streams, "s1", 2)
    for _ in range(5):
        streams.flush_due()
    streams.close()


def recover(folder, disk):
    streams = FolderStreams(folder / "streams", FolderObjects(folder / "objects", disk=disk), Clock(), disk=disk)
    streams.recover()
    streams.close()


def delivered(folder):
    objects = FolderObjects(folder / "objects")
    return Counter(
        line
        for bucket in ("bucket-a", "bucket-b", "bucket-c")
        for key in objects.list_keys(bucket)
        for line in gzip.decompress(objects.get(bucket, key)).splitlines(keepends=True)
    )


def check(folder, ledger):
    found = delivered(folder)
    assert set(ledger.acknowledged) <= set(found), "an acknowledged record is missing"
    assert set(found) <= set(ledger.tried)
    assert set(found.values()) <= {1}, "a record was delivered twice"
    assert not list((folder / "streams").rglob("*.wal"))
    return found


def operations_of_a_life(folder):
    disk, ledger = PowerCutDisk(), Ledger()
    live(folder, disk, ledger)
    assert check(folder, ledger) == Counter(ledger.tried)
    assert len(ledger.acknowledged) == len(ledger.tried) > 20
    return disk.count


@pytest.mark.parametrize("when", ["before", "halfway", "after"])
def test_a_crash_at_any_operation_loses_and_doubles_nothing(tmp_path, when):
    operations = operations_of_a_life(tmp_path / "whole")
    assert operations > 100
    for crash_at in range(1, operations + 1):
        folder, ledger = tmp_path / str(crash_at), Ledger()
        disk = PowerCutDisk(crash_at, when, random.Random(crash_at))
        with pytest.raises(Crash):
            live(folder, disk, ledger)
        disk.cut_power()
        recover(folder, UnsyncedDisk())
        check(folder, ledger)


def test_a_crash_in_the_middle_of_recovery_loses_and_doubles_nothing(tmp_path):
    operations = operations_of_a_life(tmp_path / "whole")
    crashes = 0
    for crash_at in range(20, operations, 9):
        for second_crash_at in range(1, 30, 3):
            folder, ledger = tmp_path / f"{crash_at}-{second_crash_at}", Ledger()
            disk = PowerCutDisk(crash_at, "after", random.Random(crash_at))
            with pytest.raises(Crash):
                live(folder, disk, ledger)
            disk.cut_power()
            disk = PowerCutDisk(second_crash_at, "halfway", random.Random(second_crash_at))
            try:
                recover(folder, disk)
            except Crash:
                crashes += 1
                disk.cut_power()
            recover(folder, UnsyncedDisk())
            check(folder, ledger)
    assert crashes > 50


@pytest.mark.parametrize("failures", [1, 2, 5])
def test_a_disk_that_fails_is_never_taken_for_an_acknowledgement(tmp_path, failures):
    operations = operations_of_a_life(tmp_path / "whole")
    refused = 0
    for first in range(operations):
        folder, ledger, disk = tmp_path / str(first), Ledger(), BreakingDisk(range(first, first + failures))
        live(folder, disk, ledger)
        assert disk.met
        recover(folder, UnsyncedDisk())
        found = check(folder, ledger)
        assert not set(found) & set(ledger.refused), "a record was delivered although it was refused"
        assert len(ledger.acknowledged) + len(ledger.refused) == len(ledger.tried)
        assert all(ledger.retryable)
        refused += len(ledger.refused)
    assert refused > 50


def test_a_record_that_was_refused_stays_refused_when_the_process_dies_right_after(tmp_path):
    refused = 0
    for failing in range(40):
        folder, ledger, disk = tmp_path / str(failing), Ledger(), BreakingDisk(range(0))
        objects = FolderObjects(folder / "objects", disk=disk)
        streams = FolderStreams(folder / "streams", objects, Clock(), disk=disk)
        streams.create("s1", settings("bucket-a", 10**6))
        disk.numbers = range(disk.count + failing, disk.count + failing + 1)
        while not ledger.refused and len(ledger.tried) < 60:
            ledger.put(streams, "s1", 3)
        del streams
        recover(folder, UnsyncedDisk())
        assert check(folder, ledger) == Counter(ledger.acknowledged)
        refused += len(ledger.refused)
    assert refused > 60


def test_a_disk_that_stays_full_refuses_everything_and_takes_again_once_there_is_space(tmp_path):
    disk, ledger, clock = BreakingDisk(range(0)), Ledger(), Clock()
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects", disk=disk), clock, disk=disk)
    streams.create("s1", settings("bucket-a"))
    ledger.put(streams, "s1", 2)
    disk.numbers = range(10**9)
    for _ in range(20):
        ledger.put(streams, "s1", 2)
        clock.ns += 20 * SECOND_NS
        assert not streams.flush_due()
    assert len(ledger.refused) == 40
    disk.numbers = range(0)
    ledger.put(streams, "s1", 2)
    clock.ns += 20 * SECOND_NS
    assert streams.flush_due()
    assert check(tmp_path, ledger) == Counter(ledger.acknowledged)
    assert len(ledger.acknowledged) == 4


def test_a_process_that_is_killed_while_it_writes_loses_nothing_that_it_acknowledged(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED_PROGRAM, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, bufsize=0
    )
    with child, os.fdopen(os.dup(child.stdout.fileno()), "rb") as acknowledgements:
        lines = [acknowledgements.readline() for _ in range(800)]
        child.send_signal(signal.SIGKILL)
        lines += acknowledgements.read().splitlines(keepends=True)
    assert child.returncode == -signal.SIGKILL
    acknowledged = {line for line in lines if line.endswith(b"\n")}
    assert len(acknowledged) >= 800
    assert list((tmp_path / "streams").rglob("*.wal"))
    recover(tmp_path, UnsyncedDisk())
    found = delivered(tmp_path)
    assert acknowledged <= set(found)
    assert set(found.values()) == {1}


KILLED_PROGRAM = """
import os, sys, threading, time
from pathlib import Path
from adapters.files.objects import FolderObjects
from adapters.files.streams import FolderStreams
from domain.delivery.stream_settings import StreamSettings

folder = Path(sys.argv[1])
streams = FolderStreams(folder / "streams", FolderObjects(folder / "objects"), time.time_ns)
streams.create("s1", StreamSettings("bucket-a", "", 0.05, 2_000))
streams.start()

def write(thread):
    for n in range(10**9):
        line = b"%d-%d\\n" % (thread, n)
        assert streams.put_records("s1", [line]) == [None]
        os.write(1, line)

for thread in range(4):
    threading.Thread(target=write, args=(thread,)).start()
"""


def test_concurrent_callers_share_the_flush_to_the_disk(tmp_path):
    class CountingDisk(UnsyncedDisk):
        syncs = 0
        before_sync = staticmethod(lambda: None)

        def sync(self, descriptor):
            self.syncs += 1
            self.before_sync()

    disk = CountingDisk()
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), Clock(), disk=disk)
    streams.create("s1", settings("bucket-a", 10**6))
    waiting = streams._streams["s1"]._commits._waiting
    everybody_came = threading.Event()

    def wait_for_the_others():
        while not everybody_came.is_set() and len(waiting) < 15:
            time.sleep(0)
        everybody_came.set()

    disk.syncs, disk.before_sync = 0, wait_for_the_others
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda n: streams.put_records("s1", [b"%d\n" % n]), range(16)))
    assert results == [[None]] * 16
    assert disk.syncs == 2
    streams.close()
    assert sum(delivered(tmp_path).values()) == 16


def test_segments_leave_no_descriptor_open(tmp_path):
    clock = Clock()
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), clock, disk=UnsyncedDisk())
    streams.create("s1", settings("bucket-a", 10))
    before = len(list(Path("/dev/fd").iterdir()))
    for n in range(30):
        streams.put_records("s1", [b"%020d\n" % n])
        streams.flush_due()
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_the_flusher_delivers_by_itself_and_close_drains(tmp_path):
    delivered_once = threading.Event()

    class Objects(FolderObjects):
        def put(self, bucket, key, body):
            super().put(bucket, key, body)
            delivered_once.set()

    clock = Clock()
    streams = FolderStreams(tmp_path / "streams", Objects(tmp_path / "objects"), clock, disk=UnsyncedDisk())
    streams.create("s1", settings("bucket-a"))
    streams.start()
    streams.put_records("s1", [b"x" * 50 + b"\n"])
    assert delivered_once.wait(10)
    streams.put_records("s1", [b"y\n"])
    streams.close()
    streams.close()
    assert sorted(delivered(tmp_path)) == [b"x" * 50 + b"\n", b"y\n"]
    with pytest.raises(Undelivered):
        streams.put_records("s1", [b"z\n"])


def test_a_close_that_comes_as_the_flusher_begins_to_look_is_noticed(tmp_path):
    class Late(threading.Event):
        """The close comes just before the flusher forgets what has changed."""

        def clear(self):
            streams._stopping = True
            self.set()
            super().clear()

    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), Clock())
    streams._changed = Late()
    streams.start()
    flusher = streams._flusher
    flusher.join(10)
    assert not flusher.is_alive()
    streams.close()


def test_a_buffer_time_for_all_streams_is_that_of_those_without_one_of_their_own(tmp_path):
    clock = Clock()
    objects = FolderObjects(tmp_path / "objects")
    streams = FolderStreams(tmp_path / "streams", objects, clock, buffer_seconds=2, disk=UnsyncedDisk())
    streams.create("s1", StreamSettings("bucket-a", "", None, 10**6))
    streams.put_records("s1", [b"a\n"])
    clock.ns += 2 * SECOND_NS
    assert streams.flush_due()
    assert delivered(tmp_path) == Counter([b"a\n"])


def test_streams_and_their_settings_survive_a_restart(tmp_path):
    objects = FolderObjects(tmp_path / "objects")
    FolderStreams(tmp_path / "streams", objects, Clock(), disk=UnsyncedDisk()).create("s1", settings("bucket-b"))
    streams = FolderStreams(tmp_path / "streams", objects, Clock(), disk=UnsyncedDisk())
    assert streams.is_active("s1")
    assert streams.put_records("s1", [b"a\n"]) == [None]
    streams.close()
    assert delivered(tmp_path) == Counter([b"a\n"])


def test_settings_that_cannot_be_read_stop_the_start(tmp_path):
    folder = tmp_path / "streams" / "s1"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_bytes(b"{")
    with pytest.raises(Misconfigured, match="s1"):
        FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), Clock())


@pytest.mark.parametrize("name", ["", "..", ".unfinished", "a/b", "a" * 65, "ü"])
def test_a_stream_needs_a_plain_name(tmp_path, name):
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), Clock())
    with pytest.raises(Misconfigured):
        streams.create(name, settings("bucket-a"))


@pytest.mark.parametrize("prefix", ["/a/", "a//", "../", "a/./", "a\0/", "x" * 140, "ab/" * 400])
def test_a_prefix_needs_to_be_a_plain_path(tmp_path, prefix):
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), Clock())
    with pytest.raises(Misconfigured):
        streams.create("s1", StreamSettings("bucket-a", prefix + "!{timestamp:dd}", 1, 1))


def test_one_stream_that_cannot_be_delivered_holds_up_no_other(tmp_path):
    class OneBucketOut(FolderObjects):
        def put(self, bucket, key, body):
            if bucket == "bucket-a":
                raise Undelivered("out")
            super().put(bucket, key, body)

    clock = Clock()
    streams = FolderStreams(tmp_path / "streams", OneBucketOut(tmp_path / "objects"), clock, disk=UnsyncedDisk())
    for stream, bucket in (("s1", "bucket-a"), ("s2", "bucket-b")):
        streams.create(stream, settings(bucket))
        streams.put_records(stream, [b"a\n"])
    clock.ns += 20 * SECOND_NS
    assert not streams.flush_due()
    assert delivered(tmp_path) == Counter([b"a\n"])
    with pytest.raises(Undelivered):
        streams.delete("s1")
    assert streams.put_records("s1", [b"b\n"]) == [None]


def test_acknowledged_data_that_rotted_is_kept_aside_and_reported(tmp_path, caplog):
    clock = Clock()
    streams = FolderStreams(tmp_path / "streams", FolderObjects(tmp_path / "objects"), clock, disk=UnsyncedDisk())
    streams.create("s1", settings("bucket-a", 10**6))
    streams.put_records("s1", [b"good\n", b"rotten\n"])
    (segment,) = (tmp_path / "streams" / "s1").glob("*.wal")
    segment.write_bytes(segment.read_bytes().replace(b"rotten", b"RotteN"))
    clock.ns += 20 * SECOND_NS
    assert streams.flush_due()
    assert delivered(tmp_path) == Counter([b"good\n"])
    assert [path.suffix for path in (tmp_path / "streams" / "s1").iterdir() if "settings" not in path.name] == [
        ".damaged"
    ]
    assert "damaged" in caplog.text
    streams.delete("s1")
    assert not streams.is_active("s1")


@pytest.mark.parametrize("tail", [b"\0" * 40, framed(b"x" * 30)[:-1], framed(b"x")[:5], b"\xff" * 12])
def test_a_torn_end_is_left_out_and_everything_before_it_counts(tmp_path, tail):
    header = framed(b'{"bucket": "b", "key": "k"}')
    path = tmp_path / "segment"
    path.write_bytes(header + framed(b"one\n") + framed(b"two\n") + tail)
    stored = read_segment(path, None)
    assert (stored.target, gzip.decompress(stored.body)) == (("b", "k"), b"one\ntwo\n")
    path.write_bytes(header + tail)
    assert read_segment(path, None).target is None
    path.write_bytes(tail)
    assert read_segment(path, None).target is None
    path.write_bytes(b"")
    assert read_segment(path, None).target is None
