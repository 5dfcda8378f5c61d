"""Variables of the command line stand in SQL: what is more than a value is refused."""

from __future__ import annotations

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import jinja2
import pytest
import yaml
from rich.console import Console

from crossbrand.dbt_runner import run_dbt

PROJECT = Path(__file__).resolve().parents[3]


class RefusedError(Exception):
    """What dbt raises when a macro refuses to go on."""


def refuse(message: str) -> NoReturn:
    raise RefusedError(message)


def check(given: Any) -> str:
    """Run the macro as dbt does at the start of a run with these --vars."""
    text = (PROJECT / "macros/variables/check_variables.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    template = environment.from_string(
        text + "{{ check_variables() }}",
        globals={
            "invocation_args_dict": {"vars": given},
            "modules": SimpleNamespace(re=re),
            "exceptions": SimpleNamespace(raise_compiler_error=refuse),
            "fromyaml": yaml.safe_load,
        },
    )
    return template.render().strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("as_of", "2025-01-01'; drop table marts.customer_360; --"),
        ("as_of", "{{ env_var('HOME') }}"),
        ("as_of", "yesterday"),
        ("as_of", "30.6.2025"),
        ("reporting_currency", "EUR' or '1'='1"),
        ("reporting_currency", 'EUR"'),
        ("max_people_per_identifier", "5); attach 'x' as y; --"),
        ("max_people_per_identifier", "5 or true"),
        ("rfm_window_days", "0 union select 1"),
        ("cross_controller_linking", "never' --'"),
        ("session_gap_minutes", "30/*"),
        ("session_gap_minutes", "30\n;"),
    ],
)
def test_a_hostile_variable_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(RefusedError, match=name):
        check({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("as_of", "2025-06-30 04:00:00"),
        ("as_of", "2025-06-30T04:00:00+02:00"),
        ("as_of", ""),
        ("reporting_currency", "CZK"),
        ("max_people_per_identifier", 6),
        ("activity_high_quantile", 0.8),
        ("probabilistic_linking", True),
        ("cross_controller_linking", "never"),
        ("landing_root", "/data/it's [ours] {here}"),
    ],
)
def test_a_plain_variable_passes_without_a_word(name: str, value: object) -> None:
    assert check({name: value}) == ""
    assert check({}) == ""


def test_dbt_runs_the_check_before_any_model(tmp_path: Path) -> None:
    done = run_dbt(
        ["run", "--select", "int_operations__as_of", "--vars", "{as_of: \"'; drop schema x; --\"}",
         "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")],
        project=PROJECT,
        console=Console(file=io.StringIO()),
        environment={
            "CROSSBRAND_LANDING": str(tmp_path),
            "CROSSBRAND_WAREHOUSE": str(tmp_path / "w.duckdb"),
        },
    )  # fmt: skip
    assert done.exit_code != 0
    assert not done.counts
    assert "The variable as_of may hold" in "\n".join(done.failures)
