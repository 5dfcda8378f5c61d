"""Sending what is due: batches in flight side by side, each answer written down before the next."""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from crossbrand.errors import CrossbrandError
from crossbrand.sync.answers import Refused, Unauthorised, Unavailable, kept
from crossbrand.sync.batches import Batch, Batches, windows
from crossbrand.sync.channels import bits_of
from crossbrand.sync.destinations.base import (
    TELLING,
    Change,
    Destination,
    Operation,
    Outcome,
)
from crossbrand.sync.drafts import ATTEMPTS, FIRST_WAIT, LONGEST_WAIT
from crossbrand.sync.source import Source
from crossbrand.sync.state import (
    Entry,
    Opening,
    State,
)

HOPELESS = 3
"""After so many batches in a row without an answer the run ends: the platform is down."""

ALL_REFUSED = 20
"""After so many refusals in one batch and nothing taken, it is the mapping and not the rows."""

LEAVING = frozenset({Operation.merge, Operation.erase, Operation.suppress, Operation.delete})
"""After one of these the person is no reason to spare what they share with another."""

WINDOW = 20_000
"""Changes whose rows are in memory at once; consent is looked at anew before each."""

LOOK_SECONDS = 30
"""So long, about, a slow platform is told before consent is looked at anew."""


@dataclass
class Tally:
    """What became of the changes of a run."""

    sent: Counter[str] = field(default_factory=Counter)
    """Acknowledged, by operation."""

    rejected: int = 0
    undelivered: int = 0
    """Sent, perhaps, and not answered: they stay in the outbox."""

    withheld: int = 0
    """Due when the run began, and no longer to be told when their turn came."""

    retold: int = 0
    """The platform's ids under which others stay, who are to be told of anew."""

    is_rejudged: bool = False
    """Consent landed while the run was on."""

    requests: int = 0
    words: Counter[str] = field(default_factory=Counter)
    """The platform's reasons for refusing."""

    trouble: str | None = None


class Delivery:
    """One run's sending."""

    def __init__(
        self,
        source: Source,
        state: State,
        destination: Destination,
        *,
        run_id: str,
        concurrency: int,
        on_progress: Callable[[int], None] = lambda _done: None,
    ) -> None:
        self._source = source
        self._state = state
        self._destination = destination
        self._run_id = run_id
        self._concurrency = concurrency
        self._on_progress = on_progress
        self._stopped = threading.Event()
        self._counting = threading.Lock()
        self._failed_in_row = 0
        self._done = 0
        self._batches = Batches(source, state, destination)
        self.tally = Tally()

    def deliver(self, entries: Sequence[Entry]) -> None:
        """Send all of it, phase by phase. Raises CrossbrandError where the credentials are refused.

        Whatever ends it, answers that have come are written down and the rest stays in the outbox.
        """
        self._batches.leaving = {
            (one.customer_id, one.brand_id) for one in entries if one.operation in LEAVING
        }
        with ThreadPoolExecutor(self._concurrency) as pool:
            try:
                for _, phase in itertools.groupby(entries, key=lambda one: one.phase):
                    for window in windows(list(phase), self._window):
                        if self._stopped.is_set():
                            self.tally.undelivered += len(window)
                            continue
                        self.tally.is_rejudged |= self._source.refresh()
                        self._deliver_window(pool, window)
            except BaseException:
                self._stop()
                raise
            finally:
                self.tally.withheld = self._batches.withheld

    @property
    def waiting(self) -> set[str]:
        """Keys of merges that were not sent because their target was not ready."""
        return self._batches.waiting

    def _window(self, operation: Operation) -> int:
        """How many changes are told between two looks: fewer where the platform's pace is slow."""
        contract, settings = self._destination.contract, self._destination.setup.settings
        pace = settings.get("requests_per_second") or contract.requests_per_second
        if pace is None:
            return WINDOW
        size = contract.batch[operation]
        return min(WINDOW, max(size, int(float(pace) * LOOK_SECONDS * size)))

    def _deliver_window(self, pool: ThreadPoolExecutor, window: Sequence[Entry]) -> None:
        waiting: dict[Future[list[Outcome]], Batch] = {}
        try:
            for batch in self._batches.of(window):
                while len(waiting) >= self._concurrency:
                    self._settle(waiting)
                if self._stopped.is_set():
                    self.tally.undelivered += len(batch.entries)
                    continue
                waiting[pool.submit(self._send, batch)] = batch
            while waiting:
                self._settle(waiting)
        except BaseException:
            # What is under way may still be answered, and then it must be known.
            self._stop()
            while waiting:
                try:
                    self._settle(waiting)
                except CrossbrandError:
                    continue
            raise

    def _stop(self) -> None:
        self._stopped.set()
        if self._destination.setup.transport is not None:
            self._destination.setup.transport.stopped.set()

    def _settle(self, waiting: dict[Future[list[Outcome]], Batch]) -> None:
        """Write down the answers that have come."""
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            batch = waiting.pop(future)
            self._done += len(batch.entries)
            self._on_progress(self._done)
            error = future.exception()
            if error is None:
                self._failed_in_row = 0
                self._write(batch, future.result())
                continue
            self.tally.undelivered += len(batch.entries)
            if not isinstance(error, Unavailable):
                raise error
            self.tally.trouble = str(error)
            self._failed_in_row += 1
            if self._failed_in_row >= HOPELESS:
                self._stop()

    def _write(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        answered = list(zip(batch.entries, outcomes, strict=True))
        taken = [
            (entry, outcome.remote_id, Opening(bits_of(change.opened), change.grants))
            for entry, outcome, change in zip(batch.entries, outcomes, batch.changes, strict=True)
            if outcome.rejected is None
        ]
        refused = [(entry, one.rejected) for entry, one in answered if one.rejected is not None]
        if taken:
            told = [
                change
                for change, one in zip(batch.changes, outcomes, strict=True)
                if one.rejected is None and change.remote_id and batch.operation not in TELLING
            ]
            shared = {str(change.remote_id) for change in told if change.is_shared}
            self._state.acknowledge(self._run_id, taken, shared)
            self.tally.retold += len(shared)
            if batch.operation not in (Operation.suppress, Operation.close, Operation.leave):
                self._batches.gone |= {
                    str(change.remote_id)
                    for change in told
                    if change.remote_id != change.into_remote_id
                } - shared
            if batch.operation is Operation.merge:
                self._batches.merged_into |= {
                    (str(entry.into_customer_id), entry.brand_id) for entry, _, _ in taken
                }
            self.tally.sent[str(batch.operation)] += len(taken)
        if refused:
            self._state.reject(
                self._run_id,
                refused,
                attempts=ATTEMPTS,
                first_wait=FIRST_WAIT,
                longest_wait=LONGEST_WAIT,
            )
            self.tally.rejected += len(refused)
            self.tally.words.update(words for _, words in refused)

    def _send(self, batch: Batch) -> list[Outcome]:
        """Send a batch. Whatever the platform says leaves here without what it was told."""
        attempts = sum(entry.attempts for entry in batch.entries)
        payloads = [change.payload for change in batch.changes]
        try:
            outcomes = self._send_or_halve(batch.operation, batch.changes, attempts, [])
        except (Unavailable, Unauthorised) as error:
            raise type(error)(kept(str(error), payloads)) from None
        said = {one.rejected for one in outcomes if one.rejected is not None}
        words = {one: kept(one, payloads) for one in said}
        return [
            one if one.rejected is None else replace(one, rejected=words[one.rejected])
            for one in outcomes
        ]

    def _send_or_halve(
        self,
        operation: Operation,
        changes: Sequence[Change],
        attempts: int,
        answers: list[bool],
    ) -> list[Outcome]:
        """A batch that is refused as a whole is halved until those to blame stand alone.

        `answers` are those so far, whether something was taken: where one after the other is
        refused and none taken, it is not the rows, and the platform is not asked a thousand times.
        """
        with self._counting:
            self.tally.requests += 1
        try:
            outcomes = self._destination.deliver(operation, changes, batch_key(changes, attempts))
        except Refused as refused:
            if len(changes) == 1:
                answers.append(False)
                if len(answers) >= ALL_REFUSED and not any(answers):
                    raise Unavailable(f"every row is refused: {refused.words}") from refused
                return [Outcome(rejected=refused.words)]
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # An answer of a shape that nobody wrote down is neither yes nor no.
            kind = type(error).__name__
            raise Unavailable(f"an answer that cannot be read ({kind})") from error
        else:
            answers.append(True)
            return outcomes
        half = len(changes) // 2
        return [
            *self._send_or_halve(operation, changes[:half], attempts, answers),
            *self._send_or_halve(operation, changes[half:], attempts, answers),
        ]


def batch_key(changes: Sequence[Change], attempts: int = 0) -> str:
    """The idempotency key of a request: of the keys in it, and of how often they were refused.

    A platform may answer a key that it knows as before, and a refused row deserves a new look.
    """
    digest = hashlib.sha256(str(attempts).encode())
    for change in changes:
        digest.update(change.key.encode())
    return digest.hexdigest()


def throughput(rows: int, began: float) -> float:
    """Rows a second since `began`."""
    return rows / max(time.monotonic() - began, 1e-9)
