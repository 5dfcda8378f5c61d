"""The `crossbrand` command: the options and the help of each verb; its work is in its module."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from crossbrand import __version__
from crossbrand.console import make_console
from crossbrand.errors import CrossbrandError
from crossbrand.paths import find_paths, project_variable

app = typer.Typer(
    name="crossbrand",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "One customer out of the records of many brands.\n\n"
        "`crossbrand generate` makes sample data, `crossbrand land` takes in delivered files, "
        "`dbt build` turns landing data into customers and marts, `crossbrand show` prints what "
        "came out and `crossbrand evaluate` measures how well the people were found."
    ),
    epilog=(
        "CROSSBRAND_LANDING, CROSSBRAND_WAREHOUSE and CROSSBRAND_PUBLISHED name the landing "
        "folder, the warehouse file and the folder of published files; by default sample/landing, "
        "warehouse.duckdb and published in the project."
    ),
)


class Stage(StrEnum):
    """What `validate` looks at."""

    landing = "landing"
    publication = "publication"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crossbrand {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options that stand before the verb."""
    del version


@app.command()
def generate(
    people: Annotated[int, typer.Option(min=1, help="How many people to make.")] = 4000,
    brands: Annotated[
        int, typer.Option(min=1, help="How many brands: the first rows of seeds/brands.csv.")
    ] = 4,
    days: Annotated[int, typer.Option(min=1, help="How many days of behaviour.")] = 365,
    seed: Annotated[int, typer.Option(help="The same seed gives the same data.")] = 7,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for landing/ and truth/. Default: sample in the project."),
    ] = None,
) -> None:
    """Make sample landing data of every feed, and the truth about it beside it."""
    from crossbrand import generate as module

    paths = find_paths()
    console = make_console()
    summary = module.generate(
        people=people,
        brands=brands,
        days=days,
        seed=seed,
        out=out or paths.sample,
        project_dir=paths.project,
        progress=console.is_terminal,
    )
    console.print(
        f"{sum(summary.rows.values()):,} rows of {len(summary.rows)} feeds for {summary.people:,} "
        f"people in {summary.files:,} files under {summary.out}, in {summary.seconds:.0f} s. "
        f"{sum(summary.repeats.values()):,} are repeats or older versions and "
        f"{sum(summary.broken.values()):,} are broken on purpose.",
        soft_wrap=True,
    )


@app.command()
def land(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files or folders: CSV, JSON lines, Parquet, gzip."),
    ],
    feed: Annotated[str, typer.Option(help="Feed of the contract, such as orders.")],
    brand: Annotated[str, typer.Option(help="Brand that delivered it (seeds/brands.csv).")],
    load_date: Annotated[
        str | None, typer.Option(metavar="DATE", help="YYYY-MM-DD. Default: today in UTC.")
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="YAML", help="What their columns and values are called here."
        ),
    ] = None,
    file_format: Annotated[
        str, typer.Option("--format", help="csv, jsonl or parquet. Default: by name and content.")
    ] = "",
    encoding: Annotated[
        str, typer.Option(help="utf-8, utf-16, cp1250, latin-2 … Default: found out, if sure.")
    ] = "",
    delimiter: Annotated[
        str, typer.Option(help="Of a CSV; tab, pipe and such too. Default: found out.")
    ] = "",
    quote: Annotated[str, typer.Option(help="Quote of a CSV, or none.")] = '"',
    escape: Annotated[
        str, typer.Option(help="Sign before a quote inside quotes, such as backslash.")
    ] = "",
    manifest: Annotated[
        Path | None, typer.Option(help="Sender's manifest. Default: the one beside the file.")
    ] = None,
    max_rejected: Annotated[
        float | None,
        typer.Option(
            help="Refuse a file of which a larger share cannot be read. "
            "Default: half, and more than ten."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and report everything, write nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Land bytes anew that have landed before.")
    ] = False,
    skip_landed: Annotated[
        bool, typer.Option("--skip-landed", help="Pass over files that have landed before.")
    ] = False,
    accept_drift: Annotated[
        bool, typer.Option("--accept-drift", help="A column that came last time may be missing.")
    ] = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Required columns may be missing.")
    ] = False,
    allow_unknown_brand: Annotated[
        bool, typer.Option("--allow-unknown-brand", help="The brand need not be in the seed yet.")
    ] = False,
) -> None:
    """Land delivered files: each record is landed, or rejected with its line and reason."""
    from crossbrand.land import run as module

    request = module.Request(
        files=files,
        feed=feed,
        brand=brand,
        load_date=load_date,
        map=mapping,
        format=file_format,
        encoding=encoding,
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        manifest=manifest,
        max_rejected=max_rejected,
        allow_missing=allow_missing,
        allow_unknown_brand=allow_unknown_brand,
        accept_drift=accept_drift,
        replace=replace,
        skip_landed=skip_landed,
        dry_run=dry_run,
    )
    outcomes = module.land(request, find_paths(), make_console())
    if module.exit_code(outcomes):
        raise typer.Exit(1)


@app.command()
def evaluate(
    truth: Annotated[
        Path | None,
        typer.Option(
            help="Folder with records.parquet (feed, brand_id, record_id, person_id), and "
            "people.parquet for figures by household. Default: truth/ beside the landing folder.",
        ),
    ] = None,
    warehouse: Annotated[
        Path | None, typer.Option(help="Warehouse file. Default: CROSSBRAND_WAREHOUSE.")
    ] = None,
    worst: Annotated[
        int, typer.Option(min=0, help="How many of the worst cases to describe, of each kind.")
    ] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure the stitching and the predictions against the known people."""
    from crossbrand import evaluate as module
    from crossbrand import evaluate_predictions

    paths = find_paths()
    result = module.evaluate(warehouse or paths.warehouse, truth or paths.truth, worst=worst)
    predictions = evaluate_predictions.evaluate_predictions(
        warehouse or paths.warehouse, truth or paths.truth
    )
    if as_json:
        document = json.loads(result.to_json())
        document["predictions"] = predictions.to_dict() if predictions else None
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    console = make_console()
    module.print_evaluation(result, console)
    if predictions:
        evaluate_predictions.print_predictions(predictions, console)


@app.command()
def show(
    warehouse: Annotated[
        Path | None, typer.Option(help="Warehouse file. Default: CROSSBRAND_WAREHOUSE.")
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Show this customer instead of one of several brands."),
    ] = None,
    timeline: Annotated[
        int, typer.Option(min=1, help="How many of the customer's last happenings to list.")
    ] = 12,
) -> None:
    """Print what the warehouse holds: customers, segments, tiers, one customer's page, rejects."""
    from crossbrand import show as module

    paths = find_paths()
    module.show(
        warehouse or paths.warehouse,
        paths.truth,
        make_console(),
        currency=project_variable(paths.project, "reporting_currency", "EUR"),
        customer_id=customer,
        timeline_rows=timeline,
    )


@app.command("link-candidates")
def link_candidates(
    parameters: Annotated[
        Path | None,
        typer.Option(
            help="Trained parameters. Default: seeds/probabilistic_parameters/model.json in the "
            "project; trained and saved there where missing.",
        ),
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train anew and overwrite the parameters.")
    ] = False,
    from_weight: Annotated[
        float, typer.Option(help="Propose pairs of at least this match weight (log2 of the odds).")
    ] = 0.0,
    warehouse: Annotated[
        Path | None, typer.Option(help="Warehouse file. Default: CROSSBRAND_WAREHOUSE.")
    ] = None,
) -> None:
    """Propose customers who share no identifier and may be one person (needs the extra Splink)."""
    from crossbrand import probabilistic as module

    paths = find_paths()
    console = make_console()
    with console.status("comparing customers"):
        linkage = module.link_candidates(
            warehouse or paths.warehouse,
            paths.landing,
            parameters or paths.project / module.PARAMETERS_FILE,
            train=train,
            from_weight=from_weight,
        )
    console.print(linkage.summary(), soft_wrap=True)


@app.command("fit-predictions")
def fit_predictions(
    parameters: Annotated[
        Path | None,
        typer.Option(
            help="Where the parameters go. Default: seeds/prediction_parameters.csv in the project."
        ),
    ] = None,
    warehouse: Annotated[
        Path | None, typer.Option(help="Warehouse file. Default: CROSSBRAND_WAREHOUSE.")
    ] = None,
) -> None:
    """Fit the models of customer_predictions to the built warehouse (needs the extra SciPy)."""
    from crossbrand import predictions as module

    paths = find_paths()
    console = make_console()
    with console.status("fitting each scope and cut-off"):
        fit = module.fit_predictions(
            warehouse or paths.warehouse, parameters or paths.project / module.PARAMETERS_FILE
        )
    console.print(fit.summary(), soft_wrap=True)


@app.command()
def validate(
    stage: Annotated[
        Stage,
        typer.Argument(help="landing: before a build. publication: the marts after it."),
    ] = Stage.landing,
    build: Annotated[
        bool,
        typer.Option(
            "--build/--no-build",
            help="Let dbt profile the landing into the warehouse first, or judge what it holds.",
        ),
    ] = True,
    data_docs: Annotated[
        bool, typer.Option("--docs/--no-docs", help="Write the pages of the Data Docs.")
    ] = True,
    warehouse: Annotated[
        Path | None, typer.Option(help="Warehouse file. Default: CROSSBRAND_WAREHOUSE.")
    ] = None,
) -> None:
    """Judge a landing, or the marts, by great_expectations/tolerances.yml.

    Exit code 0: in order, warnings or none. 1: something says stop. 2: it could not be judged.
    """
    from crossbrand.validate import run as module

    paths = find_paths()
    if warehouse:
        paths = replace(paths, warehouse=warehouse.resolve())
    console = make_console()
    if stage is Stage.landing:
        report = module.validate_landing(paths, console, build=build, with_docs=data_docs)
    else:
        report = module.validate_publication(paths, console, with_docs=data_docs)
    module.print_report(report, console)
    if report.is_stopped:
        raise typer.Exit(1)


Parquet = Annotated[
    bool | None,
    typer.Option(
        "--parquet/--no-parquet",
        help="Parquet files as well, or no longer. Default: as the last time.",
        show_default=False,
    ),
]
Postgres = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        envvar="CROSSBRAND_POSTGRES",
        help="Bring the generation into this PostgreSQL database as well. Better set in the "
        "environment: other users of the machine see the arguments of a command.",
        show_default=False,
    ),
]
AcceptChanges = Annotated[
    bool,
    typer.Option(
        "--accept-changes",
        help="Let row counts differ from the published generation as far as they do, this once.",
    ),
]


@app.command()
def build(
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build incremental models from the beginning.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="The moment the marts speak of, UTC; default: the newest in the data."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", "-s", help="Build only these nodes, as dbt selects; publishes nothing."
        ),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="Publish what was built.")
    ] = True,
    parquet: Parquet = None,
    postgres: Postgres = None,
    accept_changes: AcceptChanges = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON document of what was done, and nothing else, on stdout."
        ),
    ] = False,
) -> None:
    """Judge the landing, build on a private copy, judge the marts, take the copy over, publish.

    Exit code 0: the warehouse is new, and published. 1: a checkpoint or a test said no, and nothing
    changed. 2: it could not begin or end, because another build runs, or the disk is full, say.
    """
    from crossbrand import build as module
    from crossbrand import runs
    from crossbrand.landed import require_as_of, require_landing

    options = module.BuildOptions(
        full_refresh=full_refresh,
        as_of=as_of,
        select=tuple(select or ()),
        is_published=publish,
        parquet=parquet,
        accept_changes=accept_changes,
    )
    paths, console = find_paths(), make_console(stderr=as_json)
    publishes = options.is_published and not options.select
    record = runs.Record(options=asdict(options))

    def work() -> bool:
        require_as_of(as_of)
        require_landing(paths)
        if not module.build(paths, console, options, record):
            return False
        if postgres and publishes:
            from crossbrand.publish.postgres import publish_to_postgres

            with record.step("publish to PostgreSQL"):
                publish_to_postgres(paths, console, postgres)
            _record("exported_to_postgres")
        return True

    document = runs.recorded(paths, record, work, publishes=publishes)
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    if record.message:
        raise CrossbrandError(record.message)
    if record.exit_code:
        raise typer.Exit(record.exit_code)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Say how things stand: what is published, how fresh, the last build, requests, syncs.

    Exit code 0: in order. 1: something needs somebody, and the list says what.
    """
    from crossbrand import status as module

    found = module.find_status(find_paths())
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        module.print_status(found, make_console())
    if found.needs:
        raise typer.Exit(1)


@app.command("publish")
def publish_command(
    generation: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Go back (or forth) to a generation that is still there."),
    ] = None,
    list_them: Annotated[
        bool, typer.Option("--list", help="List the generations that are there.")
    ] = False,
    parquet: Parquet = None,
    postgres: Postgres = None,
    accept_changes: AcceptChanges = False,
    rotate_key: Annotated[
        bool,
        typer.Option(
            "--rotate-key", help="Give every customer another id in bi, by a new key, first."
        ),
    ] = False,
) -> None:
    """Publish the warehouse as it is, list what is published, or go back to an earlier generation.

    Exit code 0: done. 1: the checkpoint said no, and nothing changed. 2: it could not be done.
    """
    from crossbrand import build as build_module
    from crossbrand.publish import run as module

    if generation and list_them:
        raise CrossbrandError("--list shows and --generation changes: give one of them.")
    if rotate_key and (generation or list_them):
        raise CrossbrandError("--rotate-key belongs to a new publishing: give it alone.")
    paths, console = find_paths(), make_console()
    if list_them:
        module.list_generations(paths, console)
        return
    if rotate_key:
        module.rotate_key(paths, console)
    if generation is not None:
        module.go_back(paths, console, generation)
    elif not build_module.publish(paths, console, parquet=parquet, accept_changes=accept_changes):
        raise typer.Exit(1)
    if postgres:
        from crossbrand.publish.postgres import publish_to_postgres

        publish_to_postgres(paths, console, postgres)
        _record("exported_to_postgres")


@app.command()
def board(
    customer: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="A customer_id whose page is to be there, as the first of them."
        ),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option("--serve", help="Serve the boards on this machine instead of writing files."),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of --serve.")] = 8791,
) -> None:
    """Render the boards of boards/ from what is published: pages without a script, in one folder.

    They lie in published/site and open from the disk, or are served on 127.0.0.1 with --serve.
    """
    from crossbrand.board import run as module

    if serve and customer:
        raise CrossbrandError("With --serve the page itself asks for a customer_id: leave it out.")
    if serve:
        module.serve(find_paths(), make_console(), port)
    else:
        module.render(find_paths(), make_console(), customer_id=customer)


@app.command()
def sync(
    destination: Annotated[
        str, typer.Argument(help="A mapping in destinations/: braze, file, or one of your own.")
    ],
    audience: Annotated[
        str | None, typer.Option(help="Only the members of this audience. Default: all profiles.")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="upsert: tell what is new. mirror: take away who has left, too.")
    ] = "upsert",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; send and write nothing.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Tell of at most so many people, to begin with.")
    ] = None,
    allow_deletes: Annotated[
        bool, typer.Option("--allow-deletes", help="Let a mirror take away any share of people.")
    ] = False,
    allow_closings: Annotated[
        bool,
        typer.Option("--allow-closings", help="Let a run close any share of people at once."),
    ] = False,
    retry_given_up: Annotated[
        bool, typer.Option("--retry-given-up", help="Send again what was refused too often.")
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option(help="Another mapping file. Default: destinations/NAME.yml.")
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, help="How many masked examples a dry run shows.")
    ] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run report as JSON.")] = False,
) -> None:
    """Tell a messaging platform what has changed, as far as consent goes (needs the extra sync).

    Exit code 0: all that was due has been taken. 1: something was refused or not answered and is
    tried again by the next run, or a guard let only people's own decisions through. 2: it could
    not begin.
    """
    from crossbrand.sync import run as module
    from crossbrand.sync.report import print_report

    request = module.Request(
        destination=destination,
        audience=audience,
        mode=module.read_mode(mode),
        dry_run=dry_run,
        limit=limit,
        allow_deletes=allow_deletes,
        allow_closings=allow_closings,
        retry_given_up=retry_given_up,
        mapping=mapping,
        examples=examples,
    )
    report = module.sync(request, find_paths(), make_console(stderr=as_json))
    if report.stopped and as_json:
        words = Text(f"stopped: {report.stopped}", style="yellow")
        make_console(stderr=True).print(words, soft_wrap=True)
    if not dry_run:
        _record(
            "sync",
            run_id=report.run_id,
            destination=report.destination,
            stream=report.stream,
            generation_id=report.generation_id,
            is_complete=report.is_complete,
        )
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    else:
        print_report(report, make_console())
    if not report.is_complete:
        raise typer.Exit(1)


@app.command()
def erase(
    requests: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REQUEST_ID]...", help="Landed requests: REQUEST_ID, BRAND:ID."),
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option(metavar="TYPE=VALUE", help="email, phone, contact_id or loyalty_card_id."),
    ] = None,
    brand: Annotated[str | None, typer.Option(help="A brand of the controller asked.")] = None,
    controller: Annotated[str | None, typer.Option(help="The controller that was asked.")] = None,
    customer: Annotated[
        str | None, typer.Option(metavar="ID", help="Which of several who use the identifier.")
    ] = None,
    all_pending: Annotated[
        bool, typer.Option("--all-pending", help="Everybody whose request has landed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List every place and count; change nothing.")
    ] = False,
    accept_suspects: Annotated[
        bool, typer.Option("--accept-suspects", help="Also who may be two people.")
    ] = False,
    ignore_unread: Annotated[
        bool, typer.Option("--ignore-unread", help="Although files landed since the last build.")
    ] = False,
    scrub: Annotated[
        bool, typer.Option("--scrub", help="Only hold new landing files against the list.")
    ] = False,
    postgres: Postgres = None,
) -> None:
    """Remove a person from landing, warehouse, published files, logs and exports.

    Goes on with an erasure that was cut off. Exit code 0: done. 1: a request was refused or a step
    is left, as was told. 2: it could not begin, and nothing changed.
    """
    from crossbrand.privacy import erase as module

    paths, console = find_paths(), make_console()
    if scrub:
        module.scrub_only(paths, console)
        return
    request = module.EraseRequest(
        requests=tuple(requests or ()),
        identifier=identifier,
        brand=brand,
        controller=controller,
        customer=customer,
        all_pending=all_pending,
        dry_run=dry_run,
        accept_suspects=accept_suspects,
        ignore_unread=ignore_unread,
        postgres=postgres,
    )
    if not module.erase(request, paths, console):
        raise typer.Exit(1)


@app.command()
def retain(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count by feed and file; change nothing.")
    ] = False,
    postgres: Postgres = None,
) -> None:
    """Remove what is over age by seeds/retention.csv from landing, warehouse and published files.

    Run again after it was cut off. Exit code 0: done. 1: the build did not end, as was told. 2: it
    could not begin, and nothing changed.
    """
    from crossbrand.privacy import retain as module

    if not module.retain(find_paths(), make_console(), dry_run=dry_run, postgres=postgres):
        raise typer.Exit(1)


@app.command()
def access(
    identifier: Annotated[
        str | None,
        typer.Option(metavar="TYPE=VALUE", help="email, phone, contact_id or loyalty_card_id."),
    ] = None,
    request: Annotated[
        str | None, typer.Option(metavar="ID", help="A landed request for access.")
    ] = None,
    customer: Annotated[str | None, typer.Option(metavar="ID", help="The customer's id.")] = None,
    brand: Annotated[str | None, typer.Option(help="Answer for this brand alone.")] = None,
    controller: Annotated[str | None, typer.Option(help="Answer for all its brands.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder. Default: access/ in the privacy folder.")
    ] = None,
) -> None:
    """Write everything that is held on a person: JSON and a page for each brand.

    Exit code 0: written. 2: nobody, or more than one, was found, or the call was wrong.
    """
    from crossbrand.privacy import access as module

    wanted = module.AccessRequest(
        identifier=identifier,
        request=request,
        customer=customer,
        brand=brand,
        controller=controller,
        out=out,
    )
    module.access(wanted, find_paths(), make_console())


@app.command()
def audit(
    verify: Annotated[
        bool, typer.Option("--verify", help="Follow the chain of hashes from the first line.")
    ] = False,
    customer: Annotated[
        str | None, typer.Option(metavar="ID", help="Only the lines that name this customer.")
    ] = None,
) -> None:
    """Print the record of erasures, accesses, exports and merges, or check that it is whole.

    Exit code 0: whole. 1: a line was changed or taken out.
    """
    from crossbrand.privacy import audit as module
    from crossbrand.privacy.places import privacy_folder

    folder = privacy_folder(find_paths())
    console, path = make_console(), folder.audit
    if customer:
        from crossbrand.privacy.merges import of_customer

        for entry in of_customer(folder, customer):
            typer.echo(json.dumps(entry, ensure_ascii=False))
        return
    if not verify:
        typer.echo(path.read_text(encoding="utf-8") if path.is_file() else "", nl=False)
        return
    verified = module.verify(path)
    if verified.fault:
        console.print(Text(f"{path}: {verified.fault}", style="bold red"), soft_wrap=True)
        raise typer.Exit(1)
    console.print(f"{path}: {verified.lines:,} lines, whole. Last hash: {verified.last_hash}")


def _record(event: str, **details: object) -> None:
    """Write down who let data out, in the audit record."""
    from crossbrand.privacy import audit as module
    from crossbrand.privacy.places import privacy_folder

    module.record(privacy_folder(find_paths()), event, **details)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0 well, 1 what was looked at is not in order, 2 a mistake that the user can mend.
    """
    try:
        app(args=arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except (CrossbrandError, OSError) as error:
        # An OSError is a disk that is full or a folder that is not ours: its text names the file.
        # One line, however long: a path broken in two can be neither read nor copied.
        make_console(stderr=True).print(
            Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
