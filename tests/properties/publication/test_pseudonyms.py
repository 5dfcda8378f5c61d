"""Ids in bi: keyed, the same everywhere, and of no use without the key."""

from __future__ import annotations

import hashlib
import hmac
import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from crossbrand.errors import CrossbrandError
from crossbrand.keys import key_file, keys_folder, load_key
from crossbrand.paths import Paths
from crossbrand.publish.folder import Folder
from crossbrand.publish.generation import stage
from crossbrand.publish.run import rotate_key
from tests.properties.publication.stand_in import make_paths, run_build, write_warehouse


def customers(paths: Paths, role: str) -> list[str]:
    """The ids in a role's current generation, in the order in which they lie there."""
    with duckdb.connect(str(paths.published / role / "current"), read_only=True) as connection:
        return [
            row[0] for row in connection.execute("select customer_id from customer_360").fetchall()
        ]


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A stand-in project with keys of its own."""
    monkeypatch.setenv("CROSSBRAND_KEYS", str(tmp_path / "keys"))
    return make_paths(tmp_path)


def test_ids_are_keyed_in_bi_and_plain_in_activation(paths: Paths) -> None:
    """The standard HMAC of the plain id, shortened; and in an order that tells nothing."""
    assert run_build(paths, 3)[0]
    plain, hashed = customers(paths, "activation"), customers(paths, "bi")
    key = load_key(keys_folder(paths.project), "bi")
    assert key is not None
    by_plain = {
        value: hmac.new(key.secret, b"id\0" + value.encode(), hashlib.sha256).hexdigest()[:32]
        for value in plain
    }
    assert set(hashed) == set(by_plain.values())
    assert not set(hashed) & set(plain)
    assert plain == sorted(plain)
    assert hashed == sorted(hashed) != [by_plain[value] for value in plain]


def test_ids_stay_until_the_key_is_replaced(paths: Paths) -> None:
    """Generation after generation; after a rotation they have nothing in common."""
    said = io.StringIO()
    assert run_build(paths, 3)[0]
    first = customers(paths, "bi")
    assert run_build(paths, 3)[0]
    assert customers(paths, "bi") == first
    rotate_key(paths, Console(file=said))
    assert customers(paths, "bi") == first, "what is published stays"
    assert run_build(paths, 3)[0]
    second = customers(paths, "bi")
    assert len(second) == len(first)
    assert not set(second) & set(first)
    key = load_key(keys_folder(paths.project), "bi")
    assert key is not None
    assert key.secret.hex() not in said.getvalue()


def test_the_key_is_nowhere_but_in_its_file(paths: Paths, tmp_path: Path) -> None:
    """No file that a publishing leaves holds it, as digits or as bytes; the key's own file does."""
    done, said = run_build(paths, 3)
    assert done
    key = load_key(keys_folder(paths.project), "bi")
    assert key is not None
    forms = (key.secret, key.secret.hex().encode())
    holding = {
        path for path in tmp_path.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    }  # fmt: skip
    assert holding == {key_file(keys_folder(paths.project), "bi")}
    assert key.secret.hex() not in said


def test_a_key_that_others_can_read_publishes_nothing(paths: Paths) -> None:
    """Nothing changes, and the line says what mends it."""
    assert run_build(paths, 3)[0]
    before = (paths.published / "bi" / "current").readlink()
    key_file(keys_folder(paths.project), "bi").chmod(0o644)
    with pytest.raises(CrossbrandError, match="chmod 600"):
        run_build(paths, 4)
    assert (paths.published / "bi" / "current").readlink() == before


def test_a_hash_without_a_key_is_refused(paths: Paths) -> None:
    """A mart that would tell BI an MD5, of whatever it is."""
    write_warehouse(paths.warehouse, 3)
    marts = next(paths.project.rglob("_customer__models.yml"))
    text = marts.read_text(encoding="utf-8")
    column = "      - name: email_hash\n        description: Of the address.\n"
    marts.write_text(
        text.replace("      - name: net_amount\n", column + "      - name: net_amount\n", 1),
        encoding="utf-8",
    )
    with duckdb.connect(str(paths.warehouse)) as connection:
        connection.execute("alter table marts.customer_360 add column email_hash varchar")
        connection.execute("update marts.customer_360 set email_hash = md5(email)")
    with pytest.raises(CrossbrandError, match="email_hash holds 43 hashes without a key"):
        stage(paths, Folder(paths.published), lambda *_: None)
