"""Derives from seeds/audiences.csv what dbt needs to be told of each audience by name.

dbt draws its graph from the names it reads in the files, so a model cannot find the scenarios by
itself. `python -m crossbrand.audiences` writes the union of the scenarios and an exposure for each
of them anew after a change of the seed.
"""

from __future__ import annotations

import csv
import textwrap
from dataclasses import dataclass
from pathlib import Path

from crossbrand.contract import find_project_dir
from crossbrand.errors import CrossbrandError

SEED = Path("seeds") / "audiences.csv"
AUDIENCE_FOLDER = Path("models") / "marts" / "audience"
UNION_FILE = AUDIENCE_FOLDER / "audience_scenarios.sql"
EXPOSURES_FILE = Path("models") / "exposures" / "_audiences__exposures.yml"
COMMAND = "python -m crossbrand.audiences"


@dataclass(frozen=True)
class Audience:
    """A row of the seed, as far as it is needed here."""

    name: str
    purpose: str
    treatment: str
    channels: tuple[str, ...]
    about: str
    owner: str
    description: str

    @property
    def model(self) -> str:
        """The model that says who is in it."""
        return f"audience_{self.name}"


def load_audiences(project: Path) -> list[Audience]:
    """Read the seed, in the order of the names.

    Raises CrossbrandError where a row has no model, or a model of a scenario has no row.
    """
    with (project / SEED).open(encoding="utf-8", newline="") as file:
        found = [
            Audience(
                name=row["audience_name"],
                purpose=row["purpose"],
                treatment=row["treatment"],
                channels=tuple(row["channels"].split(",")),
                about=row["about"],
                owner=row["owner"],
                description=row["description"],
            )
            for row in csv.DictReader(file)
        ]
    models = {path.stem for path in (project / AUDIENCE_FOLDER).glob("*/audience_*.sql")}
    rows = {audience.model for audience in found}
    if missing := sorted(rows - models):
        raise CrossbrandError(
            f"{SEED} names {', '.join(missing)}, and there is no such model in a folder of "
            f"{AUDIENCE_FOLDER}. Add the file, or remove the row."
        )
    if missing := sorted(models - rows):
        raise CrossbrandError(
            f"{', '.join(missing)} has no row in {SEED}. Add one, or nobody will be written to."
        )
    return sorted(found, key=lambda audience: audience.name)


def union_sql(audiences: list[Audience]) -> str:
    """The model that puts the scenarios one below another."""
    parts = []
    for audience in audiences:
        about = f"'{audience.about}'" if audience.about else "cast(null as {{ type_string() }})"
        about_id = audience.about or "cast(null as {{ type_string() }})"
        parts.append(
            f"    select\n"
            f"        '{audience.name}' as audience_name,\n"
            f"        customer_id,\n"
            f"        brand_id,\n"
            f"        {about} as about,\n"
            f"        {about_id} as about_id,\n"
            f"        entered_at\n"
            f"    from {{{{ ref('{audience.model}') }}}}\n"
        )
    return (
        f"-- Written by `{COMMAND}` from {SEED.as_posix()}: change\n"
        "-- the seed, not this file.\n"
        "with united as (\n" + "\n    union all\n\n".join(parts) + ")\n\nselect * from united\n"
    )


def exposures_yaml(audiences: list[Audience]) -> str:
    """An exposure for each audience: who sends what to its members, and from what it is made."""
    written = [
        f"# Written by `{COMMAND}` from {SEED.as_posix()}: change the seed, not this file.\n"
        "version: 2\n\nexposures:\n"
    ]
    for audience in audiences:
        text = (
            f"{audience.description}. Treatment: {audience.treatment}. Channels, the best first: "
            f"{', '.join(audience.channels)}. Needs consent to {audience.purpose}."
        )
        filled = textwrap.fill(text, 100, initial_indent=" " * 6, subsequent_indent=" " * 6)
        written.append(
            f"  - name: {audience.model}_messages\n"
            f"    label: 'Audience: {audience.name.replace('_', ' ')}'\n"
            f"    type: application\n"
            f"    maturity: medium\n"
            f"    owner:\n"
            f"      name: {audience.owner}\n"
            f"    description: >-\n{filled}\n"
            f"    depends_on:\n"
            f"      - ref('{audience.model}')\n"
            f"      - ref('audience_members')\n"
        )
    return "\n".join(written)


def derived_files(project: Path) -> dict[Path, str]:
    """Every derived file, by its path in the project."""
    audiences = load_audiences(project)
    return {UNION_FILE: union_sql(audiences), EXPOSURES_FILE: exposures_yaml(audiences)}


def main() -> None:
    """Write the files and name them."""
    project = find_project_dir()
    for path, text in derived_files(project).items():
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
