"""Runs the checkpoints: writes their frames, asks Great Expectations, and says what it found."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.text import Text

from crossbrand.console import Steps
from crossbrand.contract import load_contract
from crossbrand.dbt_runner import run_dbt
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, open_warehouse, require_tables
from crossbrand.publish.figures import read_account
from crossbrand.publish.folder import Folder, current_files
from crossbrand.validate import docs
from crossbrand.validate.judge import Judgement, ProfileRow, judge_feed
from crossbrand.validate.project import (
    DOCS_FOLDER,
    FRAMES_FOLDER,
    GX_SEVERITIES,
    PUBLICATION,
    landing_checkpoint,
    project_files,
    sample_name,
)
from crossbrand.validate.publication import judge_marts
from crossbrand.validate.samples import sample_feed
from crossbrand.validate.tolerances import GX_FOLDER, SEVERITIES, Tolerances, load_tolerances

PROFILE_MODELS = ("+landing_profile", "+rejected_records")
"""What dbt builds before a landing is judged: base models, staging left out, and the profile."""

UNTESTED = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

JUDGEMENT_SCHEMA = pa.schema(
    [
        ("scope", pa.string()),
        ("check", pa.string()),
        ("subject", pa.string()),
        ("value", pa.float64()),
        ("usual", pa.float64()),
        ("judged", pa.float64()),
    ]
)


@dataclass
class Verdict:
    """What one checkpoint says. `findings` are (severity, sentence), the stops first."""

    checkpoint: str
    judged: int = 0
    findings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def severity(self) -> str:
        """stop, warn or ok: the worst of the findings."""
        found = {severity for severity, _ in self.findings}
        return next((severity for severity in SEVERITIES if severity in found), "ok")


@dataclass
class Report:
    """The verdicts of one run, and the page that shows them."""

    verdicts: list[Verdict]
    page: Path | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether anything says stop."""
        return any(verdict.severity == "stop" for verdict in self.verdicts)


def validate_landing(
    paths: Paths, console: Console, *, build: bool = True, with_docs: bool = True
) -> Report:
    """Judge what has landed, feed by feed.

    dbt builds base models and landing_profile into the warehouse first, unless `build` is false:
    the profile is defined once, in SQL.
    Raises CrossbrandError when dbt fails or the warehouse has no profile.
    """
    tolerances = load_tolerances(paths.project)
    contract = load_contract(paths.project)
    _require_derived(paths.project, tolerances)
    if build:
        outcome = run_dbt(
            ["build", "--select", *PROFILE_MODELS, *UNTESTED],
            project=paths.project,
            console=console,
            environment={
                "CROSSBRAND_LANDING": str(paths.landing),
                "CROSSBRAND_WAREHOUSE": str(paths.warehouse),
            },
        )
        if outcome.exit_code:
            raise CrossbrandError(
                "The landing cannot be profiled, because dbt failed: "
                + " ".join(" ".join(outcome.failures).split())[:600]
            )
    profile, known_brands = _read_profile(paths.warehouse)
    newest_load = max((row[1] for rows in profile.values() for row in rows), default=None)
    tables: dict[str, pa.Table] = {}
    judged: dict[str, list[Judgement]] = {}
    for name, feed in contract.items():
        rows = profile.get(name, [])
        judgements = (
            judge_feed(rows, tolerances.checks_of(name), tolerances, known_brands, newest_load)
            if newest_load
            else []
        )
        judged[landing_checkpoint(name)] = judgements
        tables[landing_checkpoint(name)] = judgement_table(judgements)
        sample = sample_feed(
            feed, paths.landing, _sampled(rows, tolerances.rows_a_brand), tolerances.rows_a_brand
        )
        tables[sample_name(name)] = (
            sample
            or pa.schema(
                [(column, pa.string()) for column in ("scope", *feed.column_names)]
            ).empty_table()
        )
    return _run(paths.project, console, "landing", tables, judged, with_docs=with_docs)


def validate_publication(
    paths: Paths, console: Console, *, with_docs: bool = True, accept_changes: bool = False
) -> Report:
    """Judge the marts of the warehouse, and against what is published unless changes are fine.

    Raises CrossbrandError when it has none.
    """
    tolerances = load_tolerances(paths.project)
    _require_derived(paths.project, tolerances)
    with open_warehouse(paths.warehouse) as connection:
        require_tables(connection, "marts.customer_360", "marts.customer_records")
        published = read_account(current_files(Folder(paths.published)))
        judgements = judge_marts(connection, tolerances, {} if accept_changes else published.rows)
    tables = {PUBLICATION: judgement_table(judgements)}
    judged = {PUBLICATION: judgements}
    return _run(paths.project, console, PUBLICATION, tables, judged, with_docs=with_docs)


def judgement_table(judgements: Sequence[Judgement]) -> pa.Table:
    """The frame that a suite of judgements reads."""
    rows = [asdict(judgement) for judgement in judgements]
    return pa.Table.from_pylist(rows, schema=JUDGEMENT_SCHEMA)


def _read_profile(warehouse: Path) -> tuple[dict[str, list[ProfileRow]], set[str]]:
    profile: dict[str, list[ProfileRow]] = {}
    with open_warehouse(warehouse) as connection:
        require_tables(connection, "marts.landing_profile", "reference.brands")
        for feed, *row in connection.execute(
            "select feed, brand_id, load_date, measure, column_name, column_value, "
            "measured_number::double from marts.landing_profile order by all"
        ).fetchall():
            profile.setdefault(str(feed), []).append(tuple(row))
        known = connection.execute("select brand_id from reference.brands").fetchall()
    return profile, {str(brand) for (brand,) in known}


def _sampled(rows: Sequence[ProfileRow], enough: int) -> dict[str, list[date]]:
    """The newest load dates of each brand that together have enough rows, at least one."""
    sizes: dict[str, dict[date, float]] = {}
    for brand, load_date, measure, _, _, number in rows:
        if measure == "row_count":
            sizes.setdefault(brand, {})[load_date] = number
    chosen: dict[str, list[date]] = {}
    for brand, by_date in sizes.items():
        total = 0.0
        for load_date in sorted(by_date, reverse=True):
            if total < enough:
                chosen.setdefault(brand, []).append(load_date)
                total += by_date[load_date]
    return chosen


def _require_derived(project: Path, tolerances: Tolerances) -> None:
    root = project / GX_FOLDER
    for relative, text in project_files(load_contract(project), tolerances).items():
        path = root / relative
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise CrossbrandError(
                f"{path} does not say what the landing contract and {GX_FOLDER}/tolerances.yml "
                "say. Run `python -m crossbrand.validate.project`."
            )


def _run(
    project: Path,
    console: Console,
    stage: str,
    tables: Mapping[str, pa.Table],
    judged: Mapping[str, Sequence[Judgement]],
    *,
    with_docs: bool,
) -> Report:
    root = project / GX_FOLDER
    frames = root / FRAMES_FOLDER
    frames.mkdir(parents=True, exist_ok=True)
    (root / "plugins").mkdir(exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, frames / f"{name}.parquet")
        shutil.rmtree(root / "uncommitted" / "validations" / name, ignore_errors=True)
    report = Report([])
    # Great Expectations takes the folder of the frames as relative to the working folder.
    with contextlib.chdir(root):
        context = _open_context(root)
        with Steps(console, f"validating the {stage}") as advance:
            for number, (checkpoint, judgements) in enumerate(judged.items()):
                advance(number, len(judged), checkpoint)
                result = context.checkpoints.get(checkpoint).run()
                report.verdicts.append(_verdict(checkpoint, result, judgements))
        _keep_verdicts(root, stage, report)
        if with_docs:
            with console.status("writing the Data Docs"):
                report.page = _write_docs(root, context)
    return report


def require_judge() -> None:
    """Raise CrossbrandError where what judges deliveries and marts is not installed."""
    if importlib.util.find_spec("great_expectations") is None:
        raise CrossbrandError(
            "Great Expectations, which judges what is built, is not installed: "
            "in the project's folder, pip install -r requirements.lock"
        )


def _open_context(root: Path) -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Its progress bars and deprecation notes would bury the verdict.
    os.environ["TQDM_DISABLE"] = "1"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="great_expectations")
    try:
        import great_expectations as gx
    except ImportError as error:
        raise CrossbrandError(
            f"Great Expectations cannot be loaded ({error}): "
            "in the project's folder, pip install -r requirements.lock"
        ) from error
    return gx.get_context(mode="file", context_root_dir=root)


def _verdict(checkpoint: str, result: Any, judgements: Sequence[Judgement]) -> Verdict:
    severities = {gx: own for own, gx in GX_SEVERITIES.items()}
    verdict = Verdict(checkpoint, judged=len(judgements))
    for validation in result.run_results.values():
        for answer in validation.results:
            if answer.success:
                continue
            config = answer.expectation_config
            severity = severities[str(getattr(config.severity, "value", config.severity))]
            check = str(config.meta.get("check"))
            outside = _outside(check, config.kwargs, judgements)
            if answer.exception_info and answer.exception_info.get("exception_message"):
                message = str(answer.exception_info["exception_message"]).splitlines()[0]
                verdict.findings.append(("stop", f"{config.description} It failed: {message}"))
            elif outside:
                verdict.findings += [(severity, sentence(row, config)) for row in outside]
            else:
                share = 100 - float(answer.result.get("unexpected_percent") or 0.0)
                verdict.findings.append(
                    (severity, f"Row sample: {config.description} Here {share:.1f} % do.")
                )
    stopped = {text for severity, text in verdict.findings if severity == "stop"}
    verdict.findings = [
        (severity, text)
        for severity, text in sorted(set(verdict.findings))
        if severity == "stop" or text not in stopped
    ]
    return verdict


def _outside(
    check: str, kwargs: Mapping[str, Any], judgements: Sequence[Judgement]
) -> list[Judgement]:
    least, most = kwargs.get("min_value"), kwargs.get("max_value")
    return [
        row
        for row in judgements
        if row.check == check
        and ((least is not None and row.judged < least) or (most is not None and row.judged > most))
    ]


def sentence(row: Judgement, config: Any) -> str:
    """`aster, total_amount: 0.02, usually 1.9 (middle is 0.01). The middle value of …`"""
    usual = "" if row.usual is None else f", usually {row.usual:.4g}"
    measured = "" if row.judged == row.value else f" ({row.check} {row.judged:.3g})"
    return f"{row.scope}, {row.subject}: {row.value:.4g}{usual}{measured}. {config.description}"


def _keep_verdicts(root: Path, stage: str, report: Report) -> None:
    folder = root / "uncommitted" / "verdicts"
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps([asdict(verdict) for verdict in report.verdicts], indent=1)
    (folder / f"{stage}.json").write_text(content, encoding="utf-8")


def _write_docs(root: Path, context: Any) -> Path:
    site = root / DOCS_FOLDER
    shutil.rmtree(site, ignore_errors=True)
    context.build_data_docs()
    docs.make_local(site, root / "assets")
    lines = []
    for path in sorted((root / "uncommitted" / "verdicts").glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            verdict = Verdict(
                entry["checkpoint"],
                entry["judged"],
                [(severity, text) for severity, text in entry["findings"]],
            )
            suites = (verdict.checkpoint, f"{verdict.checkpoint}_sample")
            pages = [
                page
                for suite in suites
                for page in sorted((site / "validations" / suite).rglob("*.html"))[-1:]
            ]
            name = verdict.checkpoint.replace("_", " ", 1).replace("landing ", "Landing: ")
            name = "Publication: the marts" if name == PUBLICATION else name
            lines.append(docs.Line(name, verdict.severity, verdict.judged, verdict.findings, pages))
    return docs.write_front_page(site, "Data quality of the customer data platform", lines)


def print_report(report: Report, console: Console) -> None:
    """Each finding on a line, then one line that says whether to go on."""
    styles = {"stop": "bold red", "warn": "yellow"}
    for verdict in report.verdicts:
        for severity, text in verdict.findings:
            console.print(
                Text.assemble((f"{severity}  ", styles[severity]), f"{verdict.checkpoint}: ", text),
                soft_wrap=True,
            )
    judged = sum(verdict.judged for verdict in report.verdicts)
    found = [severity for verdict in report.verdicts for severity, _ in verdict.findings]
    console.print(
        f"{len(report.verdicts)} checkpoint{'' if len(report.verdicts) == 1 else 's'}, "
        f"{judged:,} figures judged: "
        f"{found.count('stop')} stops, {found.count('warn')} warnings."
        + (f" {report.page}" if report.page else ""),
        soft_wrap=True,
    )
