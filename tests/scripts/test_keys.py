"""Keys lie in files that nobody else can read, and are shown nowhere."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

import pytest

from crossbrand.errors import CrossbrandError
from crossbrand.keys import key_file, keys_folder, load_key, load_keys, load_or_create, rotate


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """The same key every time, in a file of its owner, whatever the umask."""
    before = os.umask(0)
    try:
        key = load_or_create(tmp_path / "keys", "bi")
    finally:
        os.umask(before)
    assert key == load_or_create(tmp_path / "keys", "bi") == load_key(tmp_path / "keys", "bi")
    path = key_file(tmp_path / "keys", "bi")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["bi.key"]
    assert key != load_or_create(tmp_path / "keys", "suppression")


def test_the_digest_is_the_standard_one(tmp_path: Path) -> None:
    """HMAC-SHA256 over the kind and the value; equal values of two kinds differ."""
    key = load_or_create(tmp_path / "keys", "bi")
    ipad = bytes(byte ^ 0x36 for byte in key.secret.ljust(64, b"\0"))
    opad = bytes(byte ^ 0x5C for byte in key.secret.ljust(64, b"\0"))
    inner = hashlib.sha256(ipad + b"customer_id\0abc").digest()
    by_hand = hashlib.sha256(opad + inner).hexdigest()
    assert key.digest("customer_id", "abc") == by_hand
    assert hmac.compare_digest(by_hand, key.digest("customer_id", "abc"))
    assert key.digest("order_id", "abc") != by_hand


def test_a_key_shows_itself_nowhere(tmp_path: Path) -> None:
    """Neither when it is printed nor when its file is broken."""
    key = load_or_create(tmp_path / "keys", "bi")
    assert key.secret.hex() not in f"{key} {key!r}"
    assert repr(key.secret) not in repr(key)
    path = key_file(tmp_path / "keys", "bi")
    path.write_text(path.read_text(encoding="ascii")[:-3], encoding="ascii")
    with pytest.raises(CrossbrandError, match="no file of keys") as refused:
        load_key(tmp_path / "keys", "bi")
    assert key.secret.hex()[:60] not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    """The group and the world, for reading and for writing; of the file and of its folder."""
    load_or_create(tmp_path / "keys", "bi")
    path = key_file(tmp_path / "keys", "bi")
    path.chmod(mode)
    with pytest.raises(CrossbrandError, match="chmod 600"):
        load_or_create(tmp_path / "keys", "bi")
    path.chmod(0o600)
    path.parent.chmod(0o750)
    with pytest.raises(CrossbrandError, match="chmod 700"):
        load_or_create(tmp_path / "keys", "bi")


def test_a_link_is_no_key(tmp_path: Path) -> None:
    """What a link names may be anybody's."""
    load_or_create(tmp_path / "keys", "bi")
    key_file(tmp_path / "keys", "other").symlink_to(key_file(tmp_path / "keys", "bi"))
    with pytest.raises(CrossbrandError, match="cannot be opened"):
        load_keys(tmp_path / "keys", "other")


def test_rotation(tmp_path: Path) -> None:
    """The old key goes, or stays behind the new one where something still needs it."""
    first = load_or_create(tmp_path / "keys", "suppression")
    second = rotate(tmp_path / "keys", "suppression", keep_old=True)
    assert load_keys(tmp_path / "keys", "suppression") == (second, first)
    third = rotate(tmp_path / "keys", "suppression", keep_old=False)
    assert load_keys(tmp_path / "keys", "suppression") == (third,)
    assert third not in (first, second)


def test_the_folder_is_the_named_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CROSSBRAND_KEYS, relative to the project, else `keys`."""
    monkeypatch.delenv("CROSSBRAND_KEYS", raising=False)
    assert keys_folder(tmp_path) == tmp_path / "keys"
    monkeypatch.setenv("CROSSBRAND_KEYS", "secrets/mine")
    assert keys_folder(tmp_path) == tmp_path / "secrets" / "mine"
