"""`crossbrand sync`: tell a destination what has changed since it was last told."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from rich.console import Console

from crossbrand.console import Steps
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, quoted
from crossbrand.sync.channels import EVERY_CHANNEL
from crossbrand.sync.delivery import Delivery, Tally, throughput
from crossbrand.sync.destinations import KINDS, find_kind
from crossbrand.sync.destinations.base import (
    ORDER,
    TELLING,
    Contract,
    Destination,
    Operation,
)
from crossbrand.sync.drafts import Plan
from crossbrand.sync.guard import guard, without_ours
from crossbrand.sync.mapping import (
    DestinationMapping,
    find_mapping,
    load_allow_list,
    load_mapping,
    suggest,
)
from crossbrand.sync.places import Places, attach_generation, find_places
from crossbrand.sync.plan import Mode, make_plan
from crossbrand.sync.report import Report, masked
from crossbrand.sync.setting_up import check_controllers, controllers, set_up
from crossbrand.sync.source import Source
from crossbrand.sync.state import (
    CLOSINGS,
    INSTRUCTIONS,
    PENDING,
    PROFILES,
    Closing,
    Draft,
    Entry,
    State,
    only_one,
)

PASSES = 4
"""A merge makes its target due again, and so does consent that changes while a run is on."""


@dataclass(frozen=True)
class Request:
    """What the user asks for."""

    destination: str
    audience: str | None = None
    mode: Mode = Mode.upsert
    dry_run: bool = False
    limit: int | None = None
    allow_deletes: bool = False
    allow_closings: bool = False
    retry_given_up: bool = False
    mapping: Path | None = None
    examples: int = 3


def read_mode(text: str) -> Mode:
    """The mode of that name; raises CrossbrandError for another."""
    if text not in list(Mode):
        raise CrossbrandError(f"Unknown mode {text!r}.{suggest(text, [str(one) for one in Mode])}")
    return Mode(text)


def sync(request: Request, paths: Paths, console: Console) -> Report:
    """Run one sync. Raises CrossbrandError for what the user can mend; then nothing was sent."""
    places = find_places(paths)
    began = time.monotonic()
    with _memory() as connection:
        generation = attach_generation(connection, places)
        allowed = load_allow_list(places)
        path = find_mapping(request.destination, places, request.mapping, KINDS)
        columns = generation.tables["sync_profiles"]
        mapping = load_mapping(request.destination, path, allowed, columns)
        kind = find_kind(mapping.kind)
        stream = f"audience:{request.audience}" if request.audience else PROFILES
        if request.audience and Operation.enter not in kind.contract.batch:
            raise CrossbrandError(
                f"{mapping.kind} has no audiences; sync its profiles without --audience."
            )
        by_brand = controllers(mapping, places)
        source = Source(
            connection,
            generation,
            places,
            mapping,
            kind.contract,
            allowed,
            request.audience,
            audiences_told(places, mapping.name) if request.audience else (),
        )
        check_controllers(mapping, kind.contract, connection, by_brand)
        run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
        report = Report(
            run_id=run_id,
            destination=mapping.name,
            stream=stream,
            mode=str(request.mode),
            generation_id=generation.generation_id,
            is_dry=request.dry_run,
        )
        if request.dry_run:
            _rehearse(request, places, mapping, kind.contract, source, report)
        else:
            destination = set_up(kind, mapping, places, stream)
            with only_one(places.state, mapping.name):
                destination.begin()
                _run(request, places, mapping, destination, source, report, console)
        report.newer_files, report.unplaced = source.newer_files, source.unplaced
        report.seconds = round(time.monotonic() - began, 3)
        return report


def audiences_told(places: Places, destination: str) -> set[str]:
    """The audiences that the destination holds members of, whether they still exist or not."""
    state = State(places.state, destination, read_only=True)
    try:
        return {one.removeprefix("audience:") for one in state.streams() if ":" in one}
    finally:
        state.close()


def _plan(
    request: Request,
    mapping: DestinationMapping,
    contract: Contract,
    source: Source,
    state: State,
    report: Report,
    limit: int | None,
) -> Plan:
    plan = make_plan(
        source,
        state,
        mapping,
        contract,
        request.mode,
        stream=report.stream,
        run_id=report.run_id,
        limit=limit,
        retry_given_up=request.retry_given_up,
    )
    stopped = guard(
        plan,
        source,
        state,
        mapping,
        allow_deletes=request.allow_deletes,
        allow_closings=request.allow_closings,
    )
    if stopped is not None:
        report.stopped = stopped
        plan = without_ours(plan, source, state, contract, report.run_id)
    return plan


def _rehearse(
    request: Request,
    places: Places,
    mapping: DestinationMapping,
    contract: Contract,
    source: Source,
    report: Report,
) -> None:
    """Say what would be sent; write nothing and send nothing."""
    source.refresh()
    state = State(places.state, mapping.name, read_only=True)
    try:
        plan = _plan(request, mapping, contract, source, state, report, request.limit)
    finally:
        state.close()
    report.due, report.skipped = plan.operations, plan.skipped
    due: list[Draft | Entry] = [*plan.drafts, *plan.resent]
    telling = [one for one in due if one.operation in TELLING][: request.examples]
    rows = source.rows((one.customer_id, one.brand_id) for one in telling)
    for one in telling:
        row = rows.get((one.customer_id, one.brand_id))
        if row:
            report.examples.append(
                {"operation": str(one.operation), "fields": masked(mapping.payload(row))}
            )
    report.status = "stopped" if report.stopped else "dry run"


def _run(
    request: Request,
    places: Places,
    mapping: DestinationMapping,
    destination: Destination,
    source: Source,
    report: Report,
    console: Console,
) -> None:
    state = State(places.state, mapping.name)
    began = time.monotonic()
    has_begun = False
    try:
        is_state_old = state.mistrust_if_older()
        limit = request.limit
        waiting: set[str] = set()
        for number in range(PASSES):
            source.refresh()
            plan = _plan(request, mapping, destination.contract, source, state, report, limit)
            if not has_begun:
                report.is_state_old = is_state_old
                state.begin_run(report.run_id, report.stream, report.mode, report.generation_id)
                has_begun = True
                report.skipped = plan.skipped
            # What this run has sent and not seen answered waits for the next one.
            tried = [one for one in plan.resent if number == 0 or one.key in waiting]
            if number and not (plan.drafts or tried):
                break
            due: list[Draft | Entry] = [*plan.drafts, *tried]
            report.due += Counter(str(one.operation) for one in due)
            keys = _store(source, state, report, plan, tried, destination.contract, number)
            streams = dict.fromkeys((INSTRUCTIONS, CLOSINGS, PROFILES, report.stream))
            entries = state.due(tuple(streams), keys)
            with Steps(console, f"syncing {mapping.name}") as advance:
                delivery = Delivery(
                    source,
                    state,
                    destination,
                    run_id=report.run_id,
                    concurrency=_concurrency(destination),
                    on_progress=lambda done, entries=entries: advance(  # type: ignore[misc]
                        done, len(entries), f"{done:,} of {len(entries):,}"
                    ),
                )
                _add(report.tally, delivery, entries)
            if limit is not None:
                told = sum(report.tally.sent[str(one)] for one in TELLING)
                limit = max(0, request.limit - told) if request.limit is not None else None
            waiting = delivery.waiting
            merges = delivery.tally.sent[str(Operation.merge)]
            if delivery.tally.undelivered or not (
                merges
                or delivery.tally.retold
                or delivery.tally.withheld
                or delivery.tally.is_rejudged
                # What was refused may have held a no, which then goes by itself.
                or delivery.tally.rejected
            ):
                break
        report.status = "complete" if report.is_complete else "incomplete"
        if report.stopped:
            report.status = "stopped"
    except KeyboardInterrupt:
        report.status = "interrupted"
        raise CrossbrandError(
            "Interrupted. What was answered is written down; the next run goes on from there."
        ) from None
    except BaseException as error:
        report.status = f"failed: {type(error).__name__}"
        raise
    finally:
        report.rows_per_second = round(throughput(sum(report.tally.sent.values()), began), 1)
        if has_begun:
            state.end_run(report.run_id, report.status, report.to_dict())
        state.close()
        if destination.setup.transport is not None:
            destination.setup.transport.close()


def _add(tally: Tally, delivery: Delivery, entries: list[Entry]) -> None:
    """Deliver, and add to the tally even where it ends in an error."""
    try:
        delivery.deliver(entries)
    finally:
        own = delivery.tally
        tally.sent += own.sent
        tally.words += own.words
        tally.rejected += own.rejected
        tally.undelivered += own.undelivered
        tally.withheld += own.withheld
        tally.requests += own.requests
        tally.trouble = own.trouble or tally.trouble


def _store(
    source: Source,
    state: State,
    report: Report,
    plan: Plan,
    tried: list[Entry],
    contract: Contract,
    number: int,
) -> set[str]:
    """Bring the plan into the outbox, before anything of it is sent; the keys of what is due."""
    # A refused change goes with others of its kind: what was taken of its batch is done with.
    refused = sorted(
        (one for one in tried if one.status != PENDING),
        key=lambda one: (ORDER[one.operation], one.operation, one.brand_id, one.customer_id),
    )
    drafts = [replace(one, batch_id=f"{one.batch_id}-{number}") for one in plan.drafts]
    state.enqueue(report.run_id, drafts, plan.superseded, _closings(source, drafts))
    state.reopen(
        (f"{report.run_id}-r{number}-{one.operation}-{place // contract.batch[one.operation]:06d}",
         one.change_id)
        for place, one in enumerate(refused)
    )  # fmt: skip
    return {one.key for one in drafts} | {one.key for one in tried}


def _closings(source: Source, drafts: Sequence[Draft]) -> list[Closing]:
    """The nos among these changes."""
    saying_no = (*TELLING, Operation.close, Operation.suppress)
    closing = [one for one in drafts if one.operation in saying_no and EVERY_CHANNEL & ~one.flags]
    decided = source.decisions((one.customer_id, one.brand_id) for one in closing)
    as_of = source.as_of
    return [
        Closing(person, one.flags, decided.get(person, {}), as_of)
        for one in closing
        for person in [(one.customer_id, one.brand_id)]
    ]


def _concurrency(destination: Destination) -> int:
    return int(destination.setup.settings.get("concurrency") or destination.contract.concurrency)


@contextmanager
def _memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that spills, if it must, to a folder of our own that goes away."""
    folder = Path(tempfile.mkdtemp(prefix="crossbrand-sync-"))
    connection = duckdb.connect()
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"set temp_directory = {quoted(folder)}")
        yield connection
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)
