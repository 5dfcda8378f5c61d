"""The copy that sqlfluff reads: the same models, with the longest macros as a call."""

from __future__ import annotations

from pathlib import Path

from crossbrand.lint_copy import MACRO, PROJECT, as_call, copy_project


def test_a_macro_becomes_a_call_with_its_first_argument() -> None:
    text = (
        "{# Says\n why. #}\n{% macro enum(expression, values=none) -%}\n    case {{ 1 }} end\n"
        "{%- endmacro %}\n{% macro bare() %}null{% endmacro %}\n"
    )
    assert MACRO.sub(as_call, text) == (
        "{# Says\n why. #}\n"
        "{% macro enum(expression, values=none) %}enum({{ expression }}){% endmacro %}\n"
        "{% macro bare() %}bare(){% endmacro %}\n"
    )


def texts(project: Path, part: str) -> dict[Path, bytes]:
    """Every SQL file of a part, by its place in the project."""
    found = (project / part).rglob("*.sql")
    return {path.relative_to(project): path.read_bytes() for path in found}


def test_what_is_linted_is_what_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "left_over.sql").write_text("select 1")
    copy_project(folder)
    for part in ("models", "analyses", "tests/assertions"):
        ours = {
            path.relative_to(PROJECT): path.read_bytes() for path in (PROJECT / part).rglob("*.sql")
        }
        copied = {
            path.relative_to(folder): path.read_bytes() for path in (folder / part).rglob("*.sql")
        }
        assert ours == copied
        assert ours
    assert (folder / ".sqlfluff").read_bytes() == (PROJECT / ".sqlfluff").read_bytes()
    enum = (folder / "macros" / "normalise" / "typed_enum.sql").read_text()
    assert "typed_enum({{ expression }})" in enum
    # These give a list to other macros, and must go on doing so.
    plan = "macros/normalise/phone_numbering_plan.sql"
    assert (folder / plan).read_bytes() == (PROJECT / plan).read_bytes()
