"""`crossbrand sync` as its user meets it: mistakes in one line with their mend, and the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossbrand import cli
from tests.properties.sync.activation import (
    PROFILE_NAMES,
    Stage,
    World,
    make_stage,
    profile,
    settings_of_the_user,
)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = make_stage(tmp_path)
    for name in settings_of_the_user():
        monkeypatch.delenv(name)
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    return made


def map_fields(stage: Stage, text: str, name: str = "file") -> None:
    (stage.project / "destinations" / f"{name}.yml").write_text(text, encoding="utf-8")


def test_mistakes_are_one_line_with_the_mend(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    def says(*arguments: str, code: int = 2) -> str:
        assert cli.main(["sync", *arguments]) == code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        assert not captured.out
        assert len(captured.err.splitlines()) == 1
        return captured.err

    assert "crossbrand build" in says("file")
    members = [{"audience_name": "win_back", "customer_id": "c", "brand_id": "aster"}]
    stage.publish(World([profile(1)], members=members))
    assert "Did you mean braze?" in says("brase")
    assert "CROSSBRAND_BRAZE_API_KEY" in says("braze")
    assert "CROSSBRAND_WEBHOOK_URL" in says("webhook")
    assert "Did you mean win_back?" in says("file", "--audience", "winback")
    assert "carecloud has no audiences" in says("carecloud", "--audience", "win_back")
    assert "Did you mean mirror?" in says("file", "--mode", "miror")
    assert "no mapping file" in says("file", "--mapping", "nowhere.yml")

    for text, words in {
        "fields: {mail: e_mail}": "Did you mean email?",
        "fields: {mail: row_hash}": "not on the allow-list",
        "fields: {mail: {feild: email}}": "needs the name of a field",
        "fields: {mail: {field: email, vales: {}}}": "Did you mean values?",
        "fields: {}": "maps no field",
        "fields: [": "not readable YAML",
        "feilds: {a: email}": "needs `fields:`",
        "fields: {mail: email}\nmax_delete_share: 2": "between 0 and 1",
        "fields: {mail: email}\nbrands: [astre]": "Did you mean aster?",
        "fields: {mail: email}\nsettings: {fromat: csv}": "Did you mean format?",
        "fields: {mail: email}\ndestination: braaze": "There is no kind",
        "fields: {mail: email}\nurls: x": "unknown key",
    }.items():
        map_fields(stage, text)
        assert words in says("file")
    map_fields(stage, "fields: {mail: email}")
    stage.allow([name for name in PROFILE_NAMES if name != "email"])
    assert "not on the allow-list" in says("file")
    (stage.project / "seeds" / "sync_fields.csv").unlink()
    assert "no allow-list" in says("file")
    stage.allow()
    stage.landing.rmdir()
    assert "CROSSBRAND_LANDING" in says("file")


def test_the_table_names_what_was_sent_and_skipped(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World([profile(number) for number in range(12)])
    world.contactability = [
        {**row, "is_suspect": row["customer_id"] == world.profiles[0]["customer_id"]}
        for row in world.rows()["contactability"]
        if row["customer_id"] != world.profiles[1]["customer_id"]
    ]
    stage.publish(world)
    assert cli.main(["sync", "file"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "10 upsert sent, of 10 due" in text
    assert "1 skipped: no consent" in text
    assert "1 skipped: suspect" in text
    assert cli.main(["sync", "file"]) == 0
    assert "10 skipped: as they were last told" in " ".join(capsys.readouterr().out.split())
