"""The project's own normalising macros, as SQL expressions, without a run of dbt.

A withdrawal must meet the address that the stitching made of the same text, to the letter. So the
rules are not written a second time: the macros under macros/ are rendered here by Jinja, as dbt
renders them for DuckDB. tests/properties/test_normalise.py holds the result against dbt's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import jinja2

from crossbrand.errors import CrossbrandError

FOLDERS = ("normalise", "cross_db")
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(")


def _environment() -> jinja2.Environment:
    return jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)


@cache
def _compiled(text: str) -> CodeType:
    """The same text is compiled once a process, however many projects and runs it serves."""
    return _environment().compile(text)


class _Returned(Exception):  # noqa: N818 - it is no error: it carries what return() was given
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Macros:
    """The macros of a project for DuckDB: `Macros(project)("email_key", "address")` is SQL."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._files = self._find()
        self._callables: dict[str, Callable[..., Any]] = {}

    def __call__(self, name: str, *arguments: str | int | list[str]) -> str:
        """The expression that a macro gives for SQL expressions as arguments."""
        return str(self._callable(name)(*arguments)).strip()

    def render(self, call: str) -> str:
        """What stands between two pairs of braces in a model, rendered."""
        return self._environment.from_string("{{ " + call + " }}").render()

    def _find(self) -> dict[str, Path]:
        found = {}
        for folder in FOLDERS:
            for path in sorted((self._project / "macros" / folder).glob("*.sql")):
                for name in MACRO.findall(path.read_text(encoding="utf-8")):
                    found[name] = path
        if not found:
            raise CrossbrandError(f"No macros under {self._project / 'macros'}: is it the project?")
        return found

    @cached_property
    def _environment(self) -> jinja2.Environment:
        environment = _environment()
        environment.globals.update(
            {name: self._callable(name) for name in self._files},
            adapter=SimpleNamespace(dispatch=self._dispatch),
            modules=SimpleNamespace(re=re),
            **{"return": self._return},
        )
        return environment

    @staticmethod
    def _return(value: Any) -> None:
        raise _Returned(value)

    def _dispatch(self, name: str, _package: str = "") -> Callable[..., Any]:
        engine = f"duckdb__{name}"
        return self._callable(engine if engine in self._files else f"default__{name}")

    def _callable(self, name: str) -> Callable[..., Any]:
        if name not in self._files:
            raise CrossbrandError(f"The project has no macro {name} under macros/.")
        if name in self._callables:
            return self._callables[name]
        loaded: list[Any] = []

        def call(*arguments: Any, **named: Any) -> Any:
            if not loaded:
                text = self._files[name].read_text(encoding="utf-8")
                template = jinja2.Template.from_code(
                    self._environment, _compiled(text), dict(self._environment.globals)
                )
                loaded.append(getattr(template.module, name))
            try:
                return loaded[0](*arguments, **named)
            except _Returned as returned:
                return returned.value

        self._callables[name] = call
        return call
