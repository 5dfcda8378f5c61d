"""Derives the Great Expectations project from the landing contract and the tolerances.

Its suites, validation definitions and checkpoints are files of the repository, so that any tool
that knows Great Expectations can run them; `python -m crossbrand.validate.project` writes them
anew after a change. Ids are hashes of names, so the same contract gives the same bytes.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import yaml

from crossbrand.contract import Feed, find_project_dir, load_contract
from crossbrand.validate.samples import format_of
from crossbrand.validate.tolerances import GX_FOLDER, Bounds, Check, Tolerances, load_tolerances

GX_SEVERITIES = {"warn": "warning", "stop": "critical"}
DATA_SOURCE = "frames"
FRAMES_FOLDER = Path("uncommitted") / "frames"
DOCS_FOLDER = Path("uncommitted") / "data_docs" / "local_site"
PUBLICATION = "publication"
JUDGEMENT_COLUMNS = ("scope", "subject", "value", "usual")

_NAMESPACE = uuid.UUID("6c7f4a0e-0d3b-5a53-9d0e-5b8f6a3c1d20")


def landing_checkpoint(feed: str) -> str:
    """Name of the checkpoint of a feed, of its frame of judgements and of that frame's suite."""
    return f"landing_{feed}"


def sample_name(feed: str) -> str:
    """Name of a feed's row sample and of its suite."""
    return f"landing_{feed}_sample"


def project_files(contract: dict[str, Feed], tolerances: Tolerances) -> dict[Path, str]:
    """Every derived file, by its path below great_expectations/."""
    suites: dict[str, list[dict[str, Any]]] = {}
    checkpoints: dict[str, list[str]] = {}
    for feed in contract.values():
        profile, sample = landing_checkpoint(feed.name), sample_name(feed.name)
        suites[profile] = _judged_expectations(profile, tolerances.checks_of(feed.name))
        suites[sample] = _sample_expectations(sample, feed, tolerances)
        checkpoints[profile] = [profile, sample]
    suites[PUBLICATION] = _judged_expectations(PUBLICATION, tolerances.publication)
    checkpoints[PUBLICATION] = [PUBLICATION]

    files = {Path("great_expectations.yml"): _context_file(sorted(suites))}
    for name, expectations in suites.items():
        files[Path("expectations") / f"{name}.json"] = _json(
            {
                "expectations": expectations,
                "id": _id("suite", name),
                "meta": {},
                "name": name,
                "notes": None,
            }
        )
        files[Path("validation_definitions") / f"{name}.json"] = _json(
            {
                "data": {
                    "asset": {"id": _id("asset", name), "name": name},
                    "batch_definition": {"id": _id("batch", name), "name": "whole"},
                    "datasource": {"id": _id("datasource", DATA_SOURCE), "name": DATA_SOURCE},
                },
                "id": _id("validation", name),
                "name": name,
                "suite": {"id": _id("suite", name), "name": name},
            }
        )
    for name, validations in checkpoints.items():
        files[Path("checkpoints") / f"{name}.json"] = _json(
            {
                "actions": [],
                "id": _id("checkpoint", name),
                "name": name,
                "result_format": {
                    "result_format": "COMPLETE",
                    "unexpected_index_column_names": ["scope"],
                },
                "validation_definitions": [
                    {"id": _id("validation", validation), "name": validation}
                    for validation in validations
                ],
            }
        )
    return files


def write_project(project: Path) -> list[Path]:
    """Write the derived files that differ, remove those that nothing derives any more."""
    root = project / GX_FOLDER
    files = project_files(load_contract(project), load_tolerances(project))
    written = []
    for relative, text in files.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(path)
    for folder in ("expectations", "validation_definitions", "checkpoints"):
        for path in (root / folder).glob("*.json"):
            if path.relative_to(root) not in files:
                path.unlink()
    return written


def _judged_expectations(suite: str, checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    expectations = []
    for check in checks:
        for severity, bounds in check.bounds.items():
            least, most = bounds
            kwargs: dict[str, Any] = {
                "column": "judged",
                "row_condition": {
                    "column": {"name": "check"},
                    "operator": "==",
                    "parameter": check.name,
                    "type": "comparison",
                },
            }
            kwargs |= {"min_value": least} if least is not None else {}
            kwargs |= {"max_value": most} if most is not None else {}
            expectations.append(
                {
                    "description": f"{check.what} {in_words(severity, bounds)}",
                    "id": _id("expectation", suite, check.name, severity),
                    "kwargs": kwargs,
                    "meta": {"check": check.name},
                    "severity": GX_SEVERITIES[severity],
                    "type": "expect_column_values_to_be_between",
                }
            )
    return expectations


def in_words(severity: str, bounds: Bounds) -> str:
    """`Warns below 0.4 and above 2.5.`"""
    least, most = bounds
    ends = [f"below {least:g}"] if least is not None else []
    ends += [f"above {most:g}"] if most is not None else []
    return f"{severity.capitalize()}s {' and '.join(ends)}."


def _sample_expectations(suite: str, feed: Feed, tolerances: Tolerances) -> list[dict[str, Any]]:
    expectations = []
    for column in feed.columns:
        form = format_of(column)
        shares = {"warn": tolerances.format_warn}
        if column.required:
            shares = {"stop": tolerances.format_stop} | shares
        for severity, share in shares.items():
            every = f"{share:.0%} of the sampled rows"
            ending = f"{severity.capitalize()}s below that."
            if column.required:
                expectations.append(
                    {
                        "description": f"At least {every} have a {column.name}. {ending}",
                        "id": _id("expectation", suite, column.name, "present", severity),
                        "kwargs": {"column": column.name, "mostly": share},
                        "meta": {"check": "present"},
                        "severity": GX_SEVERITIES[severity],
                        "type": "expect_column_values_to_not_be_null",
                    }
                )
            if form:
                expectations.append(
                    {
                        "description": (
                            f"Of the values of {column.name}, at least {share:.0%} look like "
                            f"{_kind(column.name, column.data_type, column.values)}. {ending}"
                        ),
                        "id": _id("expectation", suite, column.name, "form", severity),
                        "kwargs": {"column": column.name, "mostly": share, "regex": form},
                        "meta": {"check": "form"},
                        "severity": GX_SEVERITIES[severity],
                        "type": "expect_column_values_to_match_regex",
                    }
                )
    return expectations


def _kind(name: str, data_type: str, values: tuple[str, ...]) -> str:
    if values:
        return f"one of: {', '.join(values)}"
    named = {
        "email": "an e-mail address",
        "phone": "a phone number",
        "country_code": "a code of two letters",
        "currency_code": "a code of three letters",
    }
    kinds = {
        "timestamp": "an ISO 8601 time or epoch seconds or milliseconds",
        "date": "an ISO 8601 date",
        "decimal": "a decimal number",
        "integer": "a whole number",
        "boolean": "true or false",
    }
    return named.get(name) or kinds[data_type]


def _context_file(frames: list[str]) -> str:
    def store(kind: str, folder: str) -> dict[str, Any]:
        backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": folder}
        return {
            "class_name": kind,
            "store_backend": backend | {"suppress_store_backend_id": True},
        }

    assets = {
        name: {
            "type": "parquet",
            "id": _id("asset", name),
            "batch_definitions": {
                "whole": {
                    "id": _id("batch", name),
                    "partitioner": {"regex": f"{name}[.]parquet$", "param_names": []},
                }
            },
        }
        for name in frames
    }
    document = {
        "config_version": 4.0,
        "analytics_enabled": False,
        "progress_bars": {"globally": False},
        "data_context_id": _id("context", "crossbrand"),
        "plugins_directory": "plugins/",
        "stores": {
            "expectations_store": store("ExpectationsStore", "expectations/"),
            "validation_results_store": store("ValidationResultsStore", "uncommitted/validations/"),
            "checkpoint_store": store("CheckpointStore", "checkpoints/"),
            "validation_definition_store": store(
                "ValidationDefinitionStore", "validation_definitions/"
            ),
        },
        "expectations_store_name": "expectations_store",
        "validation_results_store_name": "validation_results_store",
        "checkpoint_store_name": "checkpoint_store",
        "data_docs_sites": {
            "local_site": {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": f"{DOCS_FOLDER.as_posix()}/",
                },
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            }
        },
        "fluent_datasources": {
            DATA_SOURCE: {
                "type": "pandas_filesystem",
                "id": _id("datasource", DATA_SOURCE),
                "base_directory": FRAMES_FOLDER.as_posix(),
                "assets": assets,
            }
        },
    }
    head = "# Derived from the contract and tolerances.yml: python -m crossbrand.validate.project\n"
    return head + yaml.safe_dump(document, sort_keys=False, width=100)


def _id(*names: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for written_path in write_project(find_project_dir()):
        print(written_path)
