"""What the marts and their columns mean, in the words of the YAML that describes them."""

from __future__ import annotations

import re
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

    found = {}
    for path in sorted(project.glob("models/marts/**/_*.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
        for model in document.get("models") or ():
            columns = {str(one["name"]): text(one) for one in model.get("columns") or ()}
            found[str(model["name"])] = (text(model), columns)
    return found
