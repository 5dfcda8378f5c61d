"""`crossbrand erase`: one person, or all who asked, removed from everything that is kept here.

The steps are in `STEPS`, each of which may be repeated. A journal says which have ended; who kills
the command at any moment and runs it again gets the same end. docs/privacy.md tells what goes
where and what cannot be reached.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from crossbrand.build import BuildOptions, build, lock_warehouse
from crossbrand.console import Steps
from crossbrand.errors import CrossbrandError
from crossbrand.keys import load_or_create
from crossbrand.land.commit import recover
from crossbrand.locks import hold
from crossbrand.paths import Paths, open_warehouse
from crossbrand.privacy import audit
from crossbrand.privacy.begin import beginning
from crossbrand.privacy.certificate import write_certificate
from crossbrand.privacy.journal import Journal, read_journal
from crossbrand.privacy.marks import SuppressionList, load_list, write_marks
from crossbrand.privacy.places import KEY_NAME, PrivacyFolder, privacy_folder, write_private
from crossbrand.privacy.resolve import Resolution, Resolver, Wanted, open_resolver, resolve
from crossbrand.privacy.rows import RowReader, seed
from crossbrand.privacy.scan import scratch_database
from crossbrand.privacy.suppress import Scrubbed, scrub
from crossbrand.privacy.sweep import (
    Places,
    files_that_name,
    searched_roots,
    sweep_dbt,
    sweep_generations,
    sweep_lines,
    sweep_spill,
)
from crossbrand.privacy.texts import TextSearch
from crossbrand.sync.places import find_places
from crossbrand.sync.state import forget


@dataclass(frozen=True)
class EraseRequest:
    """The command line as it was given. An identifier needs a controller or one of its brands."""

    requests: Sequence[str] = ()
    identifier: str | None = None
    brand: str | None = None
    controller: str | None = None
    customer: str | None = None
    all_pending: bool = False
    dry_run: bool = False
    accept_suspects: bool = False
    ignore_unread: bool = False
    postgres: str | None = None


class NotAllDoneError(CrossbrandError):
    """Something is left to be done; what was done is kept, and the command may be repeated."""


def erase(request: EraseRequest, paths: Paths, console: Console) -> bool:
    """Erase who is named. False where a request was refused or a step is left.

    Raises CrossbrandError where nothing could begin: another erasure runs, nobody is named, the
    warehouse has not read what has landed, or a key is open to others.
    """
    folder = privacy_folder(paths)
    if request.dry_run:
        planned = _plan(request, paths, folder, console)
        return not planned.resolution.refused if planned else True
    folder.make()
    with hold(
        folder.lock,
        f"Another erasure is under way in {folder.root} (process {{holder}}). Wait for it to end; "
        "nothing was begun.",
    ):
        finished = resume(paths, folder, console, request.postgres)
        if not (request.requests or request.identifier or request.all_pending):
            if finished is None:
                raise CrossbrandError(
                    "Say who: REQUEST_ID, --identifier TYPE=VALUE with --brand or --controller, "
                    "or --all-pending."
                )
            return finished
        if finished is False:
            return False
        planned = _plan(request, paths, folder, console)
        if planned is None or not planned.resolution.people:
            return planned is None or not planned.resolution.refused
        journal = _begin(planned, folder, has_postgres=bool(request.postgres))
        done = _run(journal, paths, folder, console, request.postgres)
        return done and not planned.resolution.refused


def resume(
    paths: Paths, folder: PrivacyFolder, console: Console, postgres: str | None = None
) -> bool | None:
    """End an erasure that was cut off. None where there is none."""
    journal = read_journal(folder)
    if journal is None:
        return None
    console.print(f"Going on with the erasure {journal.erasure_id}, which was cut off.")
    return _run(journal, paths, folder, console, postgres)


def scrub_only(paths: Paths, console: Console) -> None:
    """Hold new landing files against the list, for who builds with dbt alone."""
    folder = privacy_folder(paths)
    listed = load_list(folder)
    if listed.is_empty:
        console.print("Nobody was ever erased here, so there is nothing to look for.")
        return
    done = scrub(paths, folder, listed)
    console.print(
        f"{done.looked_at:,} landing files were looked through, {done.total:,} rows of erased "
        "people removed."
    )


@dataclass
class _Planned:
    resolution: Resolution
    expected: dict[str, Any]
    values: list[str]
    customers: dict[str, dict[str, Any]]
    former: list[str]
    gone: list[str]
    gone_alone: list[str]


def _plan(
    request: EraseRequest, paths: Paths, folder: PrivacyFolder, console: Console
) -> _Planned | None:
    """Find who is meant and what there is of them, and print both. Nothing is written."""
    load_list(folder)  # a list that cannot be read is better known before
    reader = RowReader(paths.project)
    with open_warehouse(paths.warehouse) as connection:
        resolver = open_resolver(connection, paths, reader)
        if not request.ignore_unread:
            _refuse_unread(resolver, paths)
        wanted = _wanted(request, resolver)
        if not wanted:
            console.print("No request for erasure is pending.")
            return None
        resolution = resolve(
            resolver,
            wanted,
            customer_id=request.customer,
            accept_suspects=request.accept_suspects,
        )
        for one, why in resolution.refused:
            console.print(Text(f"not erased: {one.label}: {why}", style="yellow"), soft_wrap=True)
        if not resolution.people:
            return _Planned(resolution, {}, [], {}, [], [], [])
        marks = resolution.marks()
        now = datetime.now(UTC)
        preview = SuppressionList.of(marks, now)
        with Steps(console, "looking through the landing") as progress:
            found = scrub(
                paths, folder, preview, everything=True, is_preview=True, progress=progress
            )
        customers = _customers(resolution, resolver)
        others = resolver.bound_to_others(found.records, list(customers))
        if others:
            counts = sorted(Counter(feed for _, feed, _ in others).items())
            told = ", ".join(f"{feed} {count}" for feed, count in counts)
            raise CrossbrandError(
                f"Records of others would be removed as well ({told}), so nothing was. Please "
                "report this."
            )
        with scratch_database() as scratch:
            lines = sweep_lines(
                paths,
                TextSearch(reader, preview, scratch),
                {name: about["brands"] for name, about in customers.items()},
                is_preview=True,
            )
        places = Places(paths)
        expected = {
            "landing": _by_feed(found),
            "landing_files": found.files,
            "aside": {name: found.places[name] for name in ("_rejects", "_candidates", "_manifests")
                      if found.places[name]},
            "lines": {name: count for name, count in sorted(lines.items()) if count},
            "warehouse_rows": resolver.warehouse_rows(list(customers)),
            "generations": len(places.old_generations()) + _current_count(paths),
            "dbt_files": len(places.dbt_files()),
            "spill_folders": len(places.spill()),
            "answers": len(_answers(folder, {*customers, *resolver.former_ids(customers)})),
        }  # fmt: skip
        if not customers and not found.total and not any(lines.values()):
            console.print("Nothing is held here that names them; nothing was done.")
            return None
        _print_plan(resolution, customers, expected, console)
        values = sorted(resolver.values(resolution.people))
        former = resolver.former_ids(customers)
        leaving = [name for name, about in customers.items() if not about["lives_on"]]
        return _Planned(
            resolution, expected, values, customers, former, *resolver.gone_ids(leaving)
        )


def _customers(resolution: Resolution, resolver: Resolver) -> dict[str, dict[str, Any]]:
    brands: dict[str, set[str]] = {}
    for people in resolution.people:
        for customer in people.customers:
            brands.setdefault(customer, set()).update(people.brands)
    living = resolver.living_on(brands)
    return {
        customer: {"brands": sorted(names), "lives_on": customer in living}
        for customer, names in sorted(brands.items())
    }


def _wanted(request: EraseRequest, resolver: Resolver) -> list[Wanted]:
    wanted = []
    if request.identifier:
        controller, brand = resolver.controller_of(request.brand, request.controller)
        kind, value = resolver.read_identifier(request.identifier, brand)
        wanted.append(Wanted(controller, kind, value, brand=request.brand))
    if request.all_pending or request.requests:
        pending = resolver.pending()
        if request.all_pending:
            return wanted + pending
        for name in request.requests:
            named = [one for one in pending if one.request and name in _names(one.request)]
            if len(named) != 1:
                raise CrossbrandError(
                    f"{name!r} names {'no' if not named else 'more than one'} pending request for "
                    "erasure that the warehouse has read. Give it as BRAND:REQUEST_ID."
                )
            wanted += named
    return wanted


def _names(request: tuple[str, str]) -> tuple[str, str]:
    return request[1], f"{request[0]}:{request[1]}"


def _refuse_unread(resolver: Resolver, paths: Paths) -> None:
    unread = resolver.unread_files(paths)
    if unread:
        raise CrossbrandError(
            f"{unread} landing files have not been read by the warehouse, which might know more "
            "identifiers of the person with them. Run `crossbrand build` first, or say "
            "--ignore-unread. Nothing was done."
        )


def _by_feed(found: Scrubbed) -> dict[str, dict[str, int]]:
    feeds: dict[str, dict[str, int]] = {}
    for (feed, brand), count in sorted(found.feeds.items()):
        feeds.setdefault(feed, {})[brand] = count
    return feeds


def _current_count(paths: Paths) -> int:
    from crossbrand.publish.folder import Folder, current_files

    return len(current_files(Folder(paths.published)))


def _print_plan(
    resolution: Resolution,
    customers: dict[str, dict[str, Any]],
    expected: dict[str, Any],
    console: Console,
) -> None:
    requests = sum(len(people.requests) for people in resolution.people)
    shared = sum(people.shared for people in resolution.people)
    console.print(
        f"{len(customers)} people, {requests} requests, {len(resolution.unknown)} identifiers that "
        "no customer has."
    )
    for feed, brands in expected["landing"].items():
        told = ", ".join(f"{brand} {count:,}" for brand, count in brands.items())
        console.print(f"  landing     {feed:<22}{sum(brands.values()):>8,} rows  ({told})")
    for name, count in (*expected["aside"].items(), *expected["lines"].items()):
        console.print(f"  {name:<34}{count:>8,} rows")
    for name, count in expected["warehouse_rows"].items():
        console.print(f"  warehouse   {name:<22}{count:>8,} rows")
    console.print(
        f"  published   {expected['generations']} files of generations, replaced or removed\n"
        f"  dbt         {expected['dbt_files']} logs, run results and compiled folders\n"
        f"  spill       {expected['spill_folders']} folders\n"
        f"  answers     {expected['answers']} files of requests for access",
        highlight=False,
    )
    if shared:
        console.print(
            f"{shared} identifiers are used by others too. Rows that name nothing else belong to "
            "nobody in particular and stay, and so do all rows of the others."
        )
    living = sum(about["lives_on"] for about in customers.values())
    if living:
        console.print(
            f"{living} of them have records at another controller, who was not asked: these stay."
        )


def _begin(planned: _Planned, folder: PrivacyFolder, *, has_postgres: bool) -> Journal:
    now = datetime.now(UTC)
    key = load_or_create(folder.keys, KEY_NAME)
    people = planned.resolution.people
    journal = Journal(
        erasure_id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        erased_at=now.isoformat(),
        who=audit.actor(),
        key=key.id,
        customers=planned.customers,
        former=planned.former,
        gone=planned.gone,
        gone_alone=planned.gone_alone,
        requests=sorted([list(request) for group in people for request in group.requests]),
        refused=len(planned.resolution.refused),
        shared=sum(group.shared for group in people),
        as_of=str(planned.resolution.as_of) if planned.resolution.as_of else None,
        expected=planned.expected,
        has_postgres=has_postgres,
    )
    marks = {kind: sorted(texts) for kind, texts in planned.resolution.marks().items()}
    journal.seal(key, marks, planned.values)
    journal.write(folder)
    audit.record(
        folder,
        "erasure_begun",
        erasure_id=journal.erasure_id,
        people=len(journal.customers),
        requests=journal.requests,
    )
    return journal


@dataclass
class _Run:
    """What the steps work with."""

    journal: Journal
    paths: Paths
    folder: PrivacyFolder
    console: Console
    postgres: str | None
    reader: RowReader

    def result(self, name: str, value: Any) -> None:
        """Keep a count for the certificate, the first time that the step comes so far."""
        self.journal.results.setdefault(name, value)


def _run(
    journal: Journal, paths: Paths, folder: PrivacyFolder, console: Console, postgres: str | None
) -> bool:
    run = _Run(journal, paths, folder, console, postgres, RowReader(paths.project))
    for number, (name, step) in enumerate(STEPS, 1):
        if name in journal.done or (name == "postgres" and not journal.has_postgres):
            continue
        console.print(f"{number} of {len(STEPS)}: {TITLES[name]}")
        try:
            step(run)
        except NotAllDoneError as error:
            console.print(Text(str(error), style="bold red"), soft_wrap=True)
            return False
        journal.done.append(name)
        journal.write(folder)
    folder.journal.unlink(missing_ok=True)
    return True


def _list(run: _Run) -> None:
    marks, _ = run.journal.open(run.folder)
    count = write_marks(run.folder, run.journal.erasure_id, run.journal.moment, marks)
    run.result("marks", count)


def _tell_downstream(run: _Run) -> None:
    """A line each customer, or each brand where they live on elsewhere; ids only."""
    path = find_places(run.paths).deletions
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    kept = "".join(
        line
        for line in text.splitlines(keepends=True)
        if run.journal.erasure_id not in line and line.endswith("\n")
    )
    told: list[tuple[str, str | None]] = [
        (customer, brand)
        for customer, about in run.journal.customers.items()
        for brand in (about["brands"] if about["lives_on"] else [None])
    ]
    # A platform that was not told of a merge yet knows them by the id of before.
    told += [(customer, None) for customer in run.journal.gone]
    lines = [
        {
            "deletion_id": run.journal.erasure_id,
            "customer_id": customer,
            "brand_id": brand,
            "erased_at": run.journal.erased_at,
        }
        for customer, brand in told
    ]
    write_private(path, kept + "".join(json.dumps(line) + "\n" for line in lines))
    run.result("deletions", len(lines))


def _rewrite(run: _Run) -> None:
    listed = load_list(run.folder)
    # What a killed landing left aside is landed first, or swept.
    recover(run.paths.landing)
    with lock_warehouse(run.paths.warehouse), Steps(run.console, "rewriting") as progress:
        done = scrub(run.paths, run.folder, listed, everything=True, progress=progress)
    counts = Counter(run.journal.results.get("rewritten", {}))
    counts.update({name: count for name, count in done.places.items() if count})
    run.journal.results["rewritten"] = dict(sorted(counts.items()))


def _rewrite_lines(run: _Run) -> None:
    listed = load_list(run.folder)
    customers = {name: about["brands"] for name, about in run.journal.customers.items()}
    with scratch_database() as connection:
        search = TextSearch(run.reader, listed, connection)
        removed = sweep_lines(run.paths, search, customers, is_preview=False)
    run.result("lines", {name: count for name, count in sorted(removed.items()) if count})


def _build(run: _Run) -> None:
    brands = seed(run.paths.project, "brands")
    controllers = {row["brand_id"]: row["controller_id"] for row in brands}
    scopes = {
        customer: sorted({*about["brands"], *(controllers[name] for name in about["brands"])})
        for customer, about in run.journal.customers.items()
    }
    options = BuildOptions(
        as_of=run.journal.as_of,
        # Fewer rows than were published is what was asked for.
        accept_changes=True,
        begin=beginning(
            run.paths.project,
            run.journal.customers | {name: {"lives_on": False} for name in run.journal.gone_alone},
            scopes,
        ),
    )
    if not build(run.paths, run.console, options):
        raise NotAllDoneError(
            "The landing holds the people no more; the warehouse and what is published still do, "
            "because the build did not end. Mend what it says and run `crossbrand erase` again: "
            "it goes on from here."
        )


def _postgres(run: _Run) -> None:
    """Replace what the database has; what somebody reads there is not dropped before they end."""
    if not run.postgres:
        raise NotAllDoneError(
            "This erasure was begun with --postgres, and its database still names the people: run "
            "`crossbrand erase --postgres ADDRESS`, which goes on from here."
        )
    from crossbrand.publish.postgres import publish_to_postgres

    if kept := publish_to_postgres(run.paths, run.console, run.postgres):
        raise NotAllDoneError(
            f"PostgreSQL still has {' and '.join(kept)} with the people in it. When nobody reads "
            "it any more, run `crossbrand erase` again: it goes on from here."
        )
    run.result("postgres", True)


def _sweep(run: _Run) -> None:
    run.result("generations", sweep_generations(run.paths))
    run.result("spill_folders", sweep_spill(run.paths))
    run.result("dbt_files", sweep_dbt(run.paths))
    run.result("answers", _sweep_answers(run))
    run.result("sync_state", _forget(run))


def _forget(run: _Run) -> dict[str, str]:
    """Let the sync state forget them, by destination; what a platform still holds waits for it."""
    state = find_places(run.paths).state
    gone = [name for name, about in run.journal.customers.items() if not about["lives_on"]]
    gone += run.journal.gone
    if not state.is_file() or not gone:
        return {}
    _, values = run.journal.open(run.folder)
    return forget(state, gone, values)


def _sweep_answers(run: _Run) -> int:
    answers = _answers(run.folder, {*run.journal.customers, *run.journal.former})
    for path in answers:
        path.unlink()
    return len(answers)


def _answers(folder: PrivacyFolder, customers: Collection[str]) -> list[Path]:
    """Answers to requests for access, which are copies of everything.

    The record knows every folder that one was written to.
    """
    folders = {folder.root / "access"} | {
        Path(entry["answers_in"])
        for entry in audit.entries(folder.audit)
        if entry.get("event") == "access" and entry.get("answers_in")
    }
    return [
        path
        for place in sorted(folders)
        for path in (sorted(place.iterdir()) if place.is_dir() else ())
        if path.suffix in (".json", ".html") and path.stem.rpartition("-")[2] in customers
    ]


def _check(run: _Run) -> None:
    """Ask every place anew; what still names somebody stops here."""
    _, values = run.journal.open(run.folder)
    listed = load_list(run.folder)
    left = scrub(run.paths, run.folder, listed, everything=True, is_preview=True)
    with open_warehouse(run.paths.warehouse) as connection:
        resolver = open_resolver(connection, run.paths, run.reader)
        marks, _ = run.journal.open(run.folder)
        warehouse = resolver.still_there(
            [name for name, about in run.journal.customers.items() if not about["lives_on"]], marks
        )
    naming = files_that_name(values, searched_roots(run.paths))
    for path in list(naming):
        if path.is_relative_to(Places(run.paths).data_docs):
            # A page that quotes them: the next build writes its pages anew.
            path.unlink()
            naming.remove(path)
    if left.total or warehouse or naming:
        told = [f"landing {left.total}"] if left.total else []
        told += [f"warehouse {warehouse}"] if warehouse else []
        told += [str(path) for path in naming]
        raise NotAllDoneError(
            f"Something still names the people: {', '.join(told)}. If a file landed meanwhile, "
            "run `crossbrand erase` again; else look at what is named."
        )
    run.result("checked", {"landing_rows": 0, "warehouse_rows": 0, "files_that_name": 0})
    run.result("searched_identifiers", len(values))


def _certify(run: _Run) -> None:
    path = write_certificate(run.journal, run.paths, run.folder)
    audit.record(
        run.folder,
        "erasure_done",
        erasure_id=run.journal.erasure_id,
        people=len(run.journal.customers),
        requests=run.journal.requests,
        rows=run.journal.results.get("rewritten", {}),
    )
    run.console.print(f"Done. The certificate: {path}", soft_wrap=True)


STEPS: tuple[tuple[str, Callable[[_Run], None]], ...] = (
    ("list", _list),
    ("downstream", _tell_downstream),
    ("landing", _rewrite),
    ("lines", _rewrite_lines),
    ("build", _build),
    ("postgres", _postgres),
    ("sweep", _sweep),
    ("check", _check),
    ("certificate", _certify),
)

TITLES = {
    "list": "putting the people on the list of whom not to take in again",
    "downstream": "writing down what platforms must delete",
    "landing": "rewriting landing files",
    "lines": "rewriting exports and the steward's decisions",
    "build": "building and publishing without them",
    "postgres": "replacing what PostgreSQL has",
    "sweep": "removing old generations, logs and compiled statements",
    "check": "looking for them everywhere",
    "certificate": "writing the certificate",
}
