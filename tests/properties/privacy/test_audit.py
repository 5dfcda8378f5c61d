"""The record: which ids were merged and split, by whom, without the ids; in a chain of hashes."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from crossbrand.privacy import audit
from crossbrand.privacy.merges import keyed, of_customer, record_changes
from crossbrand.privacy.places import PrivacyFolder

CHANGES = [("r1", "anna", "eve", "merge", "2025-01-01"), ("r2", "bob", None, "gone", "2025-01-01")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PrivacyFolder:
    """An empty one, with keys of its own."""
    monkeypatch.setenv("CROSSBRAND_ACTOR", "a steward")
    return PrivacyFolder(tmp_path / "privacy", tmp_path / "keys")


def publish(path: Path, rows: list[tuple[str, str, str | None, str, str]]) -> Path:
    """A published file with so many redirects."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table identity_redirects (redirect_id varchar, old_customer_id varchar, "
            "new_customer_id varchar, reason varchar, redirected_at date)"
        )
        connection.executemany("insert into identity_redirects values (?, ?, ?, ?, ?)", rows)
    return path


def test_each_change_of_an_id_is_written_down_once(folder: PrivacyFolder, tmp_path: Path) -> None:
    path = tmp_path / "g.duckdb"
    assert record_changes(folder, "g1", publish(path, CHANGES[:1])) == 1
    assert record_changes(folder, "g2", publish(path, CHANGES)) == 1
    assert record_changes(folder, "g3", publish(path, CHANGES)) == 0
    lines = audit.entries(folder.audit)
    assert [(line["reason"], line["generation_id"], line["who"]) for line in lines] == [
        ("merge", "g1", "a steward"), ("gone", "g2", "a steward"),
    ]  # fmt: skip
    assert lines[1]["new_id"] is None
    text = folder.audit.read_text(encoding="utf-8")
    assert not [name for name in ("anna", "eve", "bob", "r1") if f'"{name}"' in text]
    assert audit.verify(folder.audit) == audit.Verified(2, "", lines[-1]["hash"])


def test_who_has_the_key_can_ask_for_an_id(folder: PrivacyFolder, tmp_path: Path) -> None:
    assert of_customer(folder, "eve") == []
    record_changes(folder, "g1", publish(tmp_path / "g.duckdb", CHANGES))
    audit.record(folder, "access", customer=keyed(folder, "customer", "eve"))
    assert [line["event"] for line in of_customer(folder, "eve")] == ["identity_changed", "access"]
    assert len(of_customer(folder, "anna")) == 1
    assert of_customer(folder, "carl") == []


def test_a_line_that_a_power_cut_left_in_part_is_given_up(folder: PrivacyFolder) -> None:
    lines = [{"detail": "x" * 3000, "place": number} for number in range(60)]
    audit.record_many(folder, "published", lines)
    with folder.audit.open("ab") as file:
        file.write(b'{"number": 61, "at"' + b" " * 100_000)
    audit.record(folder, "published", place=60)
    assert audit.verify(folder.audit).lines == 61
    assert audit.verify(folder.audit).fault == ""
