"""What several places say of the audiences agrees: seed, models, exposures, profiles, docs."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from crossbrand.audiences import COMMAND, SEED, derived_files, load_audiences
from crossbrand.contract import load_contract
from crossbrand.errors import CrossbrandError

PROJECT = Path(__file__).resolve().parents[2]
PERSONAL_SEED = PROJECT / "seeds" / "sync_fields.csv"
DESTINATIONS = {"file", "webhook", "braze", "klaviyo", "salesmanago", "carecloud"}
BOARDS = {path.stem.split("-")[1] for path in (PROJECT / "boards").glob("[0-9]*.yml")}


def read_seed(path: Path) -> list[dict[str, str]]:
    """The rows of a seed."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_models(folder: Path) -> dict[str, dict[str, Any]]:
    """The described models below a folder."""
    found = {}
    for path in sorted(folder.rglob("_*__models.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = model
    return found


def read_exposures() -> dict[str, dict[str, Any]]:
    """The declared exposures."""
    found = {}
    for path in sorted((PROJECT / "models" / "exposures").glob("*.yml")):
        for exposure in yaml.safe_load(path.read_text(encoding="utf-8"))["exposures"]:
            assert exposure["name"] not in found
            found[exposure["name"]] = exposure
    return found


def test_derived_files_are_up_to_date() -> None:
    for path, text in derived_files(PROJECT).items():
        assert (PROJECT / path).read_text(encoding="utf-8") == text, f"{path}: run `{COMMAND}`"


def test_each_row_has_a_model_and_an_exposure_and_the_other_way_round() -> None:
    names = {audience.name for audience in load_audiences(PROJECT)}
    assert len(names) >= 18
    models = read_models(PROJECT / "models" / "marts" / "audience")
    folders = PROJECT / "models" / "marts" / "audience"
    files = {path.stem.removeprefix("audience_") for path in folders.glob("*/audience_*.sql")}
    exposures = read_exposures()
    exposed = {
        name.removeprefix("audience_").removesuffix("_messages")
        for name in exposures
        if name.startswith("audience_")
    }
    assert files == exposed == names
    for audience in load_audiences(PROJECT):
        columns = [column["name"] for column in models[audience.model]["columns"]]
        assert columns[:2] == ["customer_id", "brand_id"], audience.name
        assert columns[-1] == "entered_at", audience.name
        assert not audience.about or audience.about in columns, audience.name


def test_a_row_without_a_model_and_a_model_without_a_row_are_named(tmp_path: Path) -> None:
    for folder in ("seeds", "models/marts/audience"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    (tmp_path / "models/marts/audience/purchase/audience_gift.sql").write_text("select 1", "utf-8")
    with pytest.raises(CrossbrandError, match="audience_gift has no row"):
        load_audiences(tmp_path)
    (tmp_path / "models/marts/audience/purchase/audience_gift.sql").unlink()
    (tmp_path / "models/marts/audience/relationship/audience_welcome.sql").unlink()
    with pytest.raises(CrossbrandError, match="names audience_welcome"):
        load_audiences(tmp_path)


def test_the_seed_speaks_the_words_of_the_contract() -> None:
    contract = load_contract(PROJECT)
    columns = {column.name: column.values for column in contract["message_events"].columns}
    purposes = {column.name: column.values for column in contract["consent_events"].columns}
    for row in read_seed(PROJECT / SEED):
        name, channels = row["audience_name"], row["channels"].split(",")
        assert re.fullmatch(r"[a-z][a-z_]*[a-z]", name)
        assert set(channels) <= set(columns["channel"]), name
        assert len(set(channels)) == len(channels), name
        assert row["purpose"] in purposes["purpose"], name
        assert int(row["cool_down_days"]) > 0, name
        assert 0 <= float(row["holdout_share"]) < 1, name
        assert row["owner"], name
        assert row["description"], name


def test_every_destination_and_board_is_declared_with_an_owner() -> None:
    exposures = read_exposures()
    assert {name[5:] for name in exposures if name.startswith("sync_")} == DESTINATIONS
    assert {name[6:] for name in exposures if name.startswith("board_")} == BOARDS
    marts = set(read_models(PROJECT / "models" / "marts"))
    # Boards call brands by their names.
    marts.add("brands")
    for name, exposure in exposures.items():
        assert exposure["owner"]["name"], name
        assert exposure["description"], name
        used = {re.fullmatch(r"ref\('(\w+)'\)", text) for text in exposure["depends_on"]}
        assert used, name
        for match in used:
            assert match is not None, name
            assert match[1] in marts, (name, match[1])


def test_the_allow_list_is_the_profile_without_its_hash() -> None:
    profile = read_models(PROJECT / "models" / "marts" / "activation")["sync_profiles"]
    fields = read_seed(PERSONAL_SEED)
    assert [row["field_name"] for row in fields] == [
        column["name"] for column in profile["columns"] if column["name"] != "row_hash"
    ]
    personal = {row["field_name"] for row in fields if row["is_personal"] == "true"}
    marked = {
        column["name"]
        for column in profile["columns"]
        if column.get("config", {}).get("meta", {}).get("pii")
    }
    assert marked <= personal
    assert {row["purpose"] for row in fields} == {"marketing", "profiling"}


def test_marts_say_to_whom_they_are_published() -> None:
    for folder in ("audience", "activation"):
        for name, model in read_models(PROJECT / "models" / "marts" / folder).items():
            roles = model.get("config", {}).get("meta", {}).get("published_to", [])
            assert "activation" in roles or name == "audience_scenarios", name


def test_the_docs_tell_of_each_audience() -> None:
    text = (PROJECT / "docs" / "audiences.md").read_text(encoding="utf-8")
    section = text.split("\n## The eighteen\n")[1].split("\n## ")[0]
    table = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, flags=re.MULTILINE))
    for row in read_seed(PROJECT / SEED):
        told = [cell.strip() for cell in table[row["audience_name"]].split(" | ")]
        assert told[-3] == row["purpose"], row["audience_name"]
        assert told[-2] == row["channels"].replace(",", ", "), row["audience_name"]
        assert told[-1] == row["cool_down_days"], row["audience_name"]
    assert len(table) == len(read_seed(PROJECT / SEED))
