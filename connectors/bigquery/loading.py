"""Delivery by load jobs: all rows of an object that belong to one table, in one job whose id derives from both.

A second run of the same object finds the job that was there (`jobs`), and delivery is exactly once. A job that failed
for its rows is halved until the rows that are to blame stand alone; those are refused, and all others are in. Halving
ends early where it finds no end (`_Halving`): a table takes 1,500 jobs a day, those that fail among them.

An event that stands in the log twice is there once all the same: the second line of an object is left out (`spool`),
and what two objects brought is swept once it is in.
"""

import io
import re
from contextlib import ExitStack
from hashlib import sha256
from typing import Any

from google.cloud import bigquery

from connectors.bigquery.capabilities import MAX_HALVES_IN_VAIN, MAX_HALVES_PER_OBJECT
from connectors.bigquery.failures import sentence
from connectors.bigquery.job_counts import JobCounts
from connectors.bigquery.jobs import Jobs
from connectors.bigquery.revisions import Places
from connectors.bigquery.spool import Rows, Spool, spooled
from connectors.bigquery.sweeping import Sweeping
from connectors.bigquery.tables import columns
from domain.delivery.connectors import Budget
from domain.delivery.landed import LandedObject, Outcomes, stamps_of
from domain.delivery.marks import unmarked
from domain.delivery.repeats import Suspects
from domain.errors import Undelivered

UPLOAD_SECONDS = 120.0
_DIGITS = re.compile(r"[0-9]+")
_BESIDE = "Rows beside it may be right: to tell them apart would have taken too many load jobs."


class Loading:
    """Loads one object."""

    def __init__(
        self,
        client: bigquery.Client,
        location: str,
        places: Places,
        budget: Budget,
        counts: JobCounts,
        *,
        have_run: bool = False,
    ) -> None:
        """Take the client, where its jobs run, the tables, the time, the jobs of today, and whether it was tried."""
        self._client = client
        self._location = location
        self._places = places
        self._budget = budget
        self._counts = counts
        self._jobs = Jobs(client, location, budget, have_run=have_run)
        self._sweeping = Sweeping(client, location, budget, have_run=have_run)
        self._outcomes = Outcomes()
        self._refused: dict[tuple[str, str], str] = {}
        """Why, by event and revision: rows that are not the text of their events."""

    def deliver(self, landed: LandedObject) -> Outcomes:
        with ExitStack() as files:
            spool = spooled(landed, self._places, files)
            self._outcomes = spool.outcomes
            if landed.notes is not None:
                landed.notes.write(spool.sent_again)  # writers that load another copy from now on find them
            for revision_id, rows in spool.tables.items():
                self._load(rows, _job_id(landed, rows, revision_id))
            self._refuse_as_they_came(landed)
            self._sweep(spool, landed)
        return self._outcomes

    def _refuse_as_they_came(self, landed: LandedObject) -> None:
        """Keep the text of refused events: one day they may be sent again, and then read as it was written."""
        if not self._refused:
            return
        for raw in landed.lines():
            line = unmarked(raw)
            stamps = stamps_of(line)
            reason = None if stamps is None else self._refused.pop((stamps.event_id, stamps.revision_id), None)
            if reason is not None:
                self._outcomes.refuse(line, reason)

    def _sweep(self, spool: Spool, landed: LandedObject) -> None:
        """Take away what is there twice now, by lines of this object or by others' of the same minutes.

        Its own lines apart, and each note of others apart: neither ever changes. So a second run asks for the same and
        finds the same answers, whatever others have noted since. Of a note, an object asks for what it has brought:
        the rest is theirs to look for, who count what they take away.
        """
        notes = [] if landed.notes is None else list(landed.notes.each(spool.minutes))
        noted_ids = set().union(*(note.event_ids for note in notes))
        for revision_id, rows in spool.tables.items():
            own = rows.suspects
            job_id = _job_id(landed, rows, revision_id)
            asked = [(own, job_id)]
            here = rows.ids_among(noted_ids - own.event_ids)
            for note in notes:
                noted = Suspects()
                for event_id in note.event_ids & here:
                    noted.add(event_id, note.minute)
                asked.append((noted, f"{job_id}_noted_{sha256(note.name.encode()).hexdigest()[:12]}"))
            for suspects, name in asked:
                if suspects.event_ids:
                    for event_id, minute in self._sweeping.sweep(rows.place.table_id, suspects, name):
                        self._outcomes.take_away(event_id, minute, revision_id)
            self._sweep_beside(rows, revision_id, job_id)

    def _sweep_beside(self, rows: Rows, revision_id: str, job_id: str) -> None:
        """Take away what stands in another table as well, where its sender's first try or its second went."""
        swept: set[str] = set()
        for table_id, other in rows.place.beside:
            suspects = rows.suspects.sent_beside(other.start, other.end, of_all=other.of_all)
            if suspects.event_ids and table_id not in swept:
                swept.add(table_id)  # once, however often both ran side by side
                taken = self._sweeping.sweep_beside(rows.place.table_id, table_id, suspects, job_id)
                for place, (event_id, minute) in taken:
                    self._outcomes.take_away(event_id, minute, (revision_id, other.revision_id)[place])

    def _load(self, rows: Rows, job_id: str) -> None:
        """Load all rows, and parts of them where the whole is refused."""
        refusal = self._run(rows, 0, len(rows.ends), job_id)
        if refusal is not None:
            _Halving(self, rows, job_id).refused(0, len(rows.ends), refusal)

    def run_half(self, rows: Rows, start: int, end: int, job_id: str) -> str | None:
        """Load a range that is part of a refused one, and return as `_run` does.

        Raises:
            Undelivered: not retryable, if the table has had its jobs for today; tomorrow those that were done are
                found again.
        """
        self._counts.expect_halves(rows.place.table_id)
        return self._run(rows, start, end, job_id)

    def _run(self, rows: Rows, start: int, end: int, job_id: str) -> str | None:
        """Load a range by a job and return None, or why its rows are refused."""

        def begin(name: str) -> Any:
            return self._start(rows, start, end, name)

        job = self._jobs.ended(begin, job_id, restore=lambda: self._places.restore(rows.place))
        error = job.error_result
        if error is None:
            for line in rows.lines(start, end):
                stamps = stamps_of(line)
                assert stamps
                self._outcomes.deliver(stamps)
            return None
        if error.get("reason") != "invalid":
            raise Undelivered(sentence(error.get("message") or error.get("reason", "")), retryable=False)
        return _refusal(job)

    def refuse(self, rows: Rows, start: int, end: int, reason: str) -> None:
        """Refuse the rows of a range."""
        for line in rows.lines(start, end):
            stamps = stamps_of(line)
            if rows.place.convert is None or stamps is None:
                self._outcomes.refuse(line, reason)
            else:
                self._refused[stamps.event_id, stamps.revision_id] = reason

    def _start(self, rows: Rows, start: int, end: int, job_id: str) -> Any:
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            schema=columns(rows.place.table),
        )
        job = self._client.load_table_from_file(
            io.BufferedReader(rows.part(start, end)),
            rows.place.table_id,
            rewind=True,
            num_retries=0,
            job_id=job_id,
            location=self._location,
            job_config=config,
            timeout=min(UPLOAD_SECONDS, max(1.0, self._budget.seconds_left())),
        )
        self._counts.started(rows.place.table_id)
        return job


class _Halving:
    """Finds the rows of a refused range that are to blame; what it decides depends on the object alone.

    A column that was changed or dropped makes every row fail, and halving would take two jobs a row: where both halves
    of one range after the other are refused for the same reason, the rest is refused as one. So is what is left of an
    object with too many bad rows to find each.
    """

    def __init__(self, loading: Loading, rows: Rows, job_id: str) -> None:
        self._loading = loading
        self._rows = rows
        self._job_id = job_id
        self._halves = 0
        self._in_vain = 0
        """Halves that were refused, both of a range and for one reason, since the last that was loaded."""

    def refused(self, start: int, end: int, reason: str) -> None:
        """Work off a range of which the whole was refused."""
        if end - start == 1:
            self._loading.refuse(self._rows, start, end, reason)
            return
        if self._in_vain >= MAX_HALVES_IN_VAIN or self._halves >= MAX_HALVES_PER_OBJECT:
            self._loading.refuse(self._rows, start, end, f"{reason} {_BESIDE}")
            return
        middle = (start + end) // 2
        halves = [(start, middle), (middle, end)]
        reasons = [self._loading.run_half(self._rows, *half, f"{self._job_id}_{half[0]}_{half[1]}") for half in halves]
        self._halves += len(halves)
        same = None not in reasons and len({_DIGITS.sub("", str(found)) for found in reasons}) == 1
        self._in_vain = self._in_vain + len(halves) if same else 0
        for half, found in zip(halves, reasons, strict=True):
            if found is not None:
                self.refused(*half, found)


def _job_id(landed: LandedObject, rows: Rows, revision_id: str) -> str:
    """Return what the job of an object's rows of one revision is called: always the same, and no other's."""
    name = rows.place.table_id
    if rows.place.table.revision_id != revision_id:  # they go to another's table, as those of that revision may
        name = f"{name} {revision_id}"
    return f"ingest_{landed.digest}_{sha256(name.encode()).hexdigest()[:12]}"


def _refusal(job: Any) -> str:
    messages = [row["message"] for row in job.errors or () if row.get("message")]
    return sentence(messages[-1] if messages else job.error_result.get("message", "BigQuery refused it"))
