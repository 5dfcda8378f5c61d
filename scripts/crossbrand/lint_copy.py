"""A copy of the project for sqlfluff, where the longest macros stand as a call of their own name.

sqlfluff reads what dbt has compiled. Half of that text is what a dozen macros write, the same in
every model that calls them: parsing it takes most of the time, and whoever edits the model cannot
mend it there. In the copy such a macro gives its name and its first argument, so all that is
written in the models is linted, and each line as long as its author made it.

    python -m crossbrand.lint_copy FOLDER
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PARTS = (
    ".sqlfluff", "dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "analyses",
    "tests/assertions", "tests/generic",
)  # fmt: skip
"""What dbt and sqlfluff read."""
CALLED = (
    "macros/normalise/*.sql", "macros/quality/landing_*.sql", "macros/landing/reject_if_*.sql",
    "macros/landing/landed_row.sql",
)  # fmt: skip
"""The macros that write an expression, and much of it."""
LISTS = ("phone_numbering_plan.sql",)
"""Those among them that give a list to other macros."""
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\((\w*)[^)]*\)\s*-?%}.*?{%-?\s*endmacro\s*-?%}", re.DOTALL)


def as_call(found: re.Match[str]) -> str:
    """Give the macro that writes a call of its own name."""
    name, argument = found.groups()
    head = found[0].split("%}", 1)[0].removesuffix("-")
    written = f"{{{{ {argument} }}}}" if argument else ""
    return f"{head}%}}{name}({written}){{% endmacro %}}"


def copy_project(folder: Path) -> None:
    """Write the copy, in place of the one that was there.

    folder: is made anew; it must not hold anything else.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for part in PARTS:
        source, target = PROJECT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    for path in sorted(path for pattern in CALLED for path in folder.glob(pattern)):
        if path.name not in LISTS:
            path.write_text(MACRO.sub(as_call, path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    copy_project(Path(sys.argv[1]).resolve())
