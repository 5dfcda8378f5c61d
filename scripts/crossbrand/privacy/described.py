"""What the marts and their columns mean, in the words of the YAML that describes them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DOC = re.compile(r"{{\s*doc\(['\"](\w+)['\"]\)\s*}}")
_BLOCK = re.compile(r"{%\s*docs\s+(\w+)\s*%}(.*?){%\s*enddocs\s*%}", re.DOTALL)


def marts_described(project: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """By mart its description, and that of each column."""
    blocks = {
        name: text
        for path in sorted(project.glob("models/docs/*.md"))
        for name, text in _BLOCK.findall(path.read_text(encoding="utf-8"))
    }

    def text(entry: dict[str, Any]) -> str:
        filled = _DOC.sub(lambda found: blocks.get(found[1], ""), str(entry.get("description", "")))
        return " ".join(filled.split())

    return {
        str(model["name"]): (
            text(model),
            {str(one["name"]): text(one) for one in model.get("columns") or ()},
        )
        for model in _marts(project)
    }


def personal_columns(project: Path, mart: str) -> set[str]:
    """The columns of a mart that are marked as personal."""
    return {
        str(column["name"])
        for model in _marts(project)
        if model["name"] == mart
        for column in model.get("columns") or ()
        if (column.get("config") or {}).get("meta", {}).get("pii")
    }


@cache
def _marts(project: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(project.glob("models/marts/**/_*.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
        found += document.get("models") or []
    return found
