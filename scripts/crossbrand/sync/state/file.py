"""The file of the state: opened, upgraded, and known for an older copy where it is one."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crossbrand.errors import CrossbrandError
from crossbrand.sync.channels import BITS
from crossbrand.sync.state.schema import DOUBT, SCHEMA, SUPPRESSED, VERSION


class StateFile:
    """The file, opened for one destination: version, transactions, and whether it is old."""

    def __init__(self, path: Path, destination: str, *, read_only: bool = False) -> None:
        """Open or make the file; read-only, a file that is not there reads as an empty one.

        Raises CrossbrandError for a file that is no state, or that is damaged.
        """
        self._path = path
        self._destination = destination
        with self._telling():
            if read_only and not path.exists():
                self._connection = sqlite3.connect(":memory:", isolation_level=None)
                self._connection.executescript(SCHEMA)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            if not read_only:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            name = f"{path.as_uri()}?mode=ro" if read_only else str(path)
            self._connection = sqlite3.connect(
                name, uri=read_only, timeout=60, isolation_level=None
            )
            if read_only:
                if self._check_version() < VERSION:
                    older, self._connection = (
                        self._connection,
                        sqlite3.connect(":memory:", isolation_level=None),
                    )
                    older.backup(self._connection)
                    older.close()
                    self._upgrade()
                return
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self._connection.execute("pragma secure_delete = on")
            if self._check_version() < VERSION:
                self._upgrade()

    def _upgrade(self) -> None:
        """Make the tables that lack. Of whom an older state knew, nobody is opted in by that."""
        bits = " | ".join(f"max(flags & {bit})" for bit in BITS.values())
        closed = " | ".join(f"({bit} - max(flags & {bit}))" for bit in BITS.values())
        nows = ", ".join("?" for _ in BITS)
        self._connection.executescript(SCHEMA)
        self._connection.execute("begin immediate")
        self._connection.execute(
            "insert or ignore into permissions_told "
            f"select destination, customer_id, brand_id, {bits}, {closed}, 1, {nows} "
            "from acknowledged group by destination, customer_id, brand_id",
            [time.time()] * len(BITS),
        )
        self._connection.execute(f"pragma user_version = {VERSION}")
        self._connection.execute("commit")

    def _check_version(self) -> int:
        (version,) = self._connection.execute("pragma user_version").fetchone()
        if not 0 <= version <= VERSION:
            raise CrossbrandError(
                f"{self._path} was written by another version of crossbrand (state {version}, "
                f"this one writes {VERSION})."
            )
        damage = self._connection.execute("pragma quick_check(1)").fetchone()
        if damage and damage[0] != "ok":
            raise sqlite3.DatabaseError(damage[0])
        return int(version)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise CrossbrandError(f"{self._path} cannot be used: {error}.") from error
        except sqlite3.DatabaseError as error:
            raise CrossbrandError(
                f"{self._path} is damaged or no state of crossbrand ({error}). Move it aside: the "
                "next run then tells every destination everything once more and opts in anew, "
                "and cannot take back what was told to people who have left since."
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._telling():
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self._telling():
            return self._connection.execute(sql, parameters).fetchall()

    def mistrust_if_older(self) -> bool:
        """Whether the state knows nothing of the last run, as one restored from a backup.

        What it says was told is in doubt then, and what it says was closed counts as closed now, so
        that a grant that has been told once already does not overrule what people have said since.
        """
        if not self._last.is_file():
            return False
        run_id = self._last.read_text(encoding="utf-8").strip()
        # A power cut may have left it empty.
        if not run_id or self._rows("select 1 from sync_runs where run_id = ?", run_id):
            return False
        now = time.time()
        times = ", ".join(f"{name}_at = max({name}_at, ?)" for name in BITS)
        with self._transaction() as connection:
            connection.execute(
                "update acknowledged set row_hash = ? where destination = ? and row_hash <> ?",
                (DOUBT, self._destination, SUPPRESSED),
            )
            connection.execute(
                f"update permissions_told set {times} where destination = ?",
                [*([now] * len(BITS)), self._destination],
            )
        return True

    @property
    def _last(self) -> Path:
        """The file beside the state that names the last run of the destination."""
        return self._path.with_name(f".{self._path.stem}.{self._destination}.last")
