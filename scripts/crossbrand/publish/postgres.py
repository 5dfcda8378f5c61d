"""The published tables in PostgreSQL, for tools that want a server: a schema for each role.

DuckDB's own extension for PostgreSQL exists for some versions of DuckDB only and cannot be
installed where its repository is out of reach, so the tables go through psycopg's COPY.
The tables are loaded into `<role>__new` while everybody reads `<role>`. Then one short transaction
renames both; a rename waits for no reader. What was replaced is dropped when nobody reads it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import duckdb
from rich.console import Console

from crossbrand.console import Steps
from crossbrand.errors import CrossbrandError
from crossbrand.paths import Paths, quoted
from crossbrand.publish.declared import ROLES
from crossbrand.publish.folder import Folder

if TYPE_CHECKING:
    from psycopg import Connection

DSN_VARIABLE = "CROSSBRAND_POSTGRES"
NEW, OLD = "__new", "__old_"

MARK = "Published by crossbrand: replaced as a whole by every publishing."
"""The comment by which a schema is known as ours."""

# A name of PostgreSQL for each of DuckDB's that is not the same there.
TYPES = {
    "VARCHAR": "text",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20, 0)",
    "HUGEINT": "numeric(39, 0)",
    "UHUGEINT": "numeric(39, 0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BLOB": "bytea",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
SAME = ("BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "DATE", "TIME", "TIMESTAMP", "DECIMAL")

# One publisher at a time in a database; any number would do.
ADVISORY_LOCK = 5_020_913_557
LOCK_TIMEOUT = "3s"

# How long to wait for readers of the generation before last until it can be dropped.
DROP_TIMEOUT = "2s"

GRANTS = """
    select acl.privilege_type, acl.is_grantable,
        case when acl.grantee = 0 then null else pg_get_userbyid(acl.grantee) end
"""


def publish_to_postgres(paths: Paths, console: Console, dsn: str) -> list[str]:
    """Bring the current generation of every role into the database.

    Returns the schemas that were replaced and that somebody still reads: they are not dropped yet.
    Raises CrossbrandError where nothing is published yet, where the server says no (never with the
    password in it), or where a view outside hangs on a schema that would be dropped.
    """
    folder = Folder(paths.published)
    with folder.locked():
        files = {
            role: folder.file(role, generation)
            for role in ROLES
            if (generation := folder.linked(role))
        }
        if not files:
            raise CrossbrandError(
                f"Nothing is published under {folder.root} that could go to PostgreSQL."
            )
        with _connected(dsn) as server:
            _lock(server)
            _refuse_dependents(server, list(files))
            for role in files:
                _refuse_what_is_not_ours(server, role)
                _drop(server, f"{role}{NEW}")
            for role, path in files.items():
                _load(server, role, path, folder.root, console)
            with server.transaction():
                for role in files:
                    _keep_grants(server, role)
                    _swap(server, role)
            kept = [schema for role in files for schema in _drop_old(server, role)]
            console.print(
                f"PostgreSQL {_where(server)} has {', '.join(_told(files))}.", soft_wrap=True
            )
            if kept:
                console.print(
                    f"Somebody still reads {' and '.join(kept)}, which was replaced; the next "
                    "publishing drops it."
                )
            return kept


def _told(files: dict[str, Path]) -> Iterator[str]:
    for role, path in files.items():
        yield f"{path.stem} in the schema {role}"


@contextmanager
def _connected(dsn: str) -> Iterator[Connection[Any]]:
    try:
        import psycopg
    except ImportError as error:
        raise CrossbrandError(
            f"psycopg is not installed ({error}): pip install 'crossbrand[postgres]', "
            "or install requirements-postgres.lock."
        ) from error
    try:
        with psycopg.connect(dsn, autocommit=True, application_name="crossbrand") as server:
            yield server
    except psycopg.Error as error:
        # The reason may quote the address, and what quotes it is not chained: no trace shows it.
        reason = without_secrets(" ".join(str(error).split()), dsn)
        raise CrossbrandError(
            f"PostgreSQL said no: {reason} What it had before, it has still."
        ) from None


def without_secrets(text: str, dsn: str) -> str:
    """The text without the address and its password, as written and as the driver decodes it."""
    secrets = {dsn}
    if "://" in dsn:
        # Not urlsplit's own password, which fails on some addresses that the driver also refuses.
        authority = dsn.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[0]
        if ":" in authority:
            secrets.add(authority.split(":", 1)[1])
        secrets |= {part.split("=", 1)[1] for part in _query(dsn) if part.startswith("password=")}
    else:
        after = dsn.split("password", 1)[1:]
        secrets |= {rest.lstrip(" =").strip("'\"").split("' ")[0] for rest in after}
        secrets |= {rest.lstrip(" =").split()[0].strip("'\"") for rest in after if rest.strip(" =")}
    secrets |= {unquote(secret) for secret in secrets}
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def _query(dsn: str) -> list[str]:
    try:
        return urlsplit(dsn).query.split("&")
    except ValueError:
        return dsn.rsplit("?", 1)[-1].split("&")


def _lock(server: Connection[Any]) -> None:
    """Until the connection ends. The server frees a lock a moment after its holder has left."""
    import psycopg

    try:
        with server.transaction():
            server.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            server.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK])
    except psycopg.errors.LockNotAvailable as error:
        raise CrossbrandError(
            f"Another command is publishing into PostgreSQL {_where(server)}. Wait for it to end; "
            "nothing was changed there."
        ) from error


def _where(server: Connection[Any]) -> str:
    info = server.info
    return f"{info.dbname} at {info.host or 'this machine'}"


def _load(
    server: Connection[Any], role: str, path: Path, workspace: Path, console: Console
) -> None:
    """Make the schema `<role>__new` with every table of the file."""
    from psycopg import sql

    schema = f"{role}{NEW}"
    with server.transaction():
        server.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        server.execute(
            sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(MARK))
        )
    with (
        duckdb.connect(str(path), read_only=True) as reader,
        tempfile.TemporaryDirectory(dir=workspace, prefix=".postgres-") as folder,
        Steps(console, f"loading {role} into PostgreSQL") as advance,
    ):
        tables = reader.execute(
            "select table_name, comment from duckdb_tables() order by table_name"
        ).fetchall()
        for done, (table, comment) in enumerate(tables):
            advance(done, len(tables), str(table))
            _load_table(server, reader, schema, str(table), comment, Path(folder) / "rows.tsv")


def _load_table(
    server: Connection[Any],
    reader: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    comment: str | None,
    file: Path,
) -> None:
    from psycopg import sql

    columns = reader.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where table_name = ? and not internal order by column_index",
        [table],
    ).fetchall()
    target = sql.Identifier(schema, table)
    with server.transaction():
        server.execute(
            sql.SQL("create table {} ({})").format(
                target,
                sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_type(kind)))
                    for name, kind, _ in columns
                ),
            )
        )
        if comment:
            server.execute(
                sql.SQL("comment on table {} is {}").format(target, sql.Literal(comment))
            )
        for name, _, said in columns:
            if said:
                server.execute(
                    sql.SQL("comment on column {} is {}").format(
                        sql.Identifier(schema, table, name), sql.Literal(said)
                    )
                )
        _write_rows(reader, table, [(str(name), str(kind)) for name, kind, _ in columns], file)
        copy = sql.SQL("copy {} from stdin").format(target)
        with server.cursor().copy(copy) as sink, file.open("rb") as rows:
            while chunk := rows.read(1 << 20):
                sink.write(chunk)
        if "customer_id" in {name for name, _, _ in columns}:
            server.execute(sql.SQL("create index on {} (customer_id)").format(target))
    server.execute(sql.SQL("analyze {}").format(target))


def _type(kind: str) -> str:
    if kind.split("(")[0] in SAME:
        return kind.lower()
    return TYPES.get(kind, "text")


def _write_rows(
    reader: duckdb.DuckDBPyConnection, table: str, columns: Sequence[tuple[str, str]], file: Path
) -> None:
    r"""Write the rows in the text format of COPY: tabs, \N for null, and what would be taken for
    either escaped. PostgreSQL's text cannot hold a zero byte, so that is left out."""
    parts = []
    for name, kind in columns:
        if _type(kind) != "text":
            parts.append(f'"{name}"')
            continue
        text = f'cast("{name}" as varchar)'
        for found, instead in (
            (r"'\'", r"'\\'"), ("chr(9)", r"'\t'"), ("chr(10)", r"'\n'"), ("chr(13)", r"'\r'"),
            ("chr(0)", "''"),
        ):  # fmt: skip
            text = f"replace({text}, {found}, {instead})"
        parts.append(text)
    reader.execute(
        f'copy (select {", ".join(parts)} from "{table}") to {quoted(file)} '
        r"(format csv, header false, delimiter '\t', quote '', escape '', nullstr '\N')"
    )


def _keep_grants(server: Connection[Any], role: str) -> None:
    """Give the new schema and its tables what the old ones had granted.

    A table that is new gets what all the old ones had, so that a reader of everything stays one.
    """
    from psycopg import sql

    new = f"{role}{NEW}"
    schema = server.execute(
        GRANTS + "from pg_namespace, aclexplode(nspacl) as acl "
        "where nspname = %s and acl.grantee <> nspowner",
        [role],
    ).fetchall()
    for grant in schema:
        _grant(server, grant, sql.SQL("schema {}").format(sql.Identifier(new)))
    tables: dict[str, set[tuple[Any, ...]]] = {
        name: set()
        for (name,) in server.execute(
            "select tablename from pg_tables where schemaname = %s", [role]
        ).fetchall()
    }
    for name, *grant in server.execute(
        "select relname, " + GRANTS.strip().removeprefix("select") + " from pg_class "
        "join pg_namespace on pg_namespace.oid = relnamespace, aclexplode(relacl) as acl "
        "where nspname = %s and relkind = 'r' and acl.grantee <> relowner",
        [role],
    ).fetchall():
        tables[name].add(tuple(grant))
    common = set.intersection(*tables.values()) if tables else set()
    for (name,) in server.execute(
        "select tablename from pg_tables where schemaname = %s", [new]
    ).fetchall():
        for grant in sorted(tables.get(name, common), key=repr):
            _grant(server, grant, sql.SQL("table {}").format(sql.Identifier(new, name)))


def _grant(server: Connection[Any], grant: Sequence[Any], target: Any) -> None:
    from psycopg import sql

    privilege, is_grantable, grantee = grant
    server.execute(
        sql.SQL("grant {} on {} to {}{}").format(
            sql.SQL(privilege),
            target,
            sql.SQL("public") if grantee is None else sql.Identifier(grantee),
            sql.SQL(" with grant option" if is_grantable else ""),
        )
    )


def _swap(server: Connection[Any], role: str) -> None:
    from psycopg import sql

    rename = sql.SQL("alter schema {} rename to {}")
    if _exists(server, role):
        # A name of its own, since somebody may still read what was replaced before.
        row = server.execute("select pg_current_xact_id()::text").fetchone()
        old = f"{role}{OLD}{row[0] if row else ''}"
        server.execute(rename.format(sql.Identifier(role), sql.Identifier(old)))
    server.execute(rename.format(sql.Identifier(f"{role}{NEW}"), sql.Identifier(role)))


def _exists(server: Connection[Any], schema: str) -> bool:
    return bool(
        server.execute("select 1 from pg_namespace where nspname = %s", [schema]).fetchone()
    )


def _drop(server: Connection[Any], schema: str) -> None:
    from psycopg import sql

    server.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def _drop_old(server: Connection[Any], role: str) -> list[str]:
    """Drop what was replaced; returns the schemas that somebody still reads."""
    import psycopg

    kept = []
    for (schema,) in server.execute(
        "select nspname from pg_namespace where nspname ~ %s "
        "and obj_description(oid, 'pg_namespace') = %s",
        [f"^{role}{OLD}[0-9]+$", MARK],
    ).fetchall():
        try:
            with server.transaction():
                server.execute(f"set local lock_timeout = '{DROP_TIMEOUT}'")
                _drop(server, schema)
        except psycopg.errors.LockNotAvailable:
            kept.append(str(schema))
    return kept


def _refuse_what_is_not_ours(server: Connection[Any], role: str) -> None:
    """A schema of that name that somebody else made, or a table in ours, must not be dropped."""
    for schema in (role, f"{role}{NEW}"):
        row = server.execute(
            "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
            [schema],
        ).fetchone()
        if row and row[0] != MARK:
            raise CrossbrandError(
                f"The database has a schema {schema} that crossbrand did not make. Publish into "
                "another database, or rename that schema."
            )
    if not _exists(server, role):
        return
    from psycopg import sql

    foreign = server.execute(
        sql.SQL(
            "select relname from pg_class where relnamespace = %s::regnamespace "
            "and relkind in ('r', 'p', 'v', 'm', 'f') and relname not like '\\_generation%%' "
            "and relname not in (select mart_name from {}) order by relname"
        ).format(sql.Identifier(role, "_generation_marts")),
        [role],
    ).fetchone()
    if foreign:
        raise CrossbrandError(
            f"{role}.{foreign[0]} was not published by crossbrand, and would be dropped with the "
            "schema. Move it into another schema."
        )


def _refuse_dependents(server: Connection[Any], roles: Sequence[str]) -> None:
    """A view elsewhere would go with the table that it reads, so the swap is refused instead."""
    found = server.execute(
        """
        select distinct
            table_space.nspname || '.' || tables.relname,
            view_space.nspname || '.' || views.relname
        from pg_depend
        join pg_rewrite on pg_rewrite.oid = pg_depend.objid
        join pg_class as views on views.oid = pg_rewrite.ev_class
        join pg_namespace as view_space on view_space.oid = views.relnamespace
        join pg_class as tables on tables.oid = pg_depend.refobjid
        join pg_namespace as table_space on table_space.oid = tables.relnamespace
        where pg_depend.classid = 'pg_rewrite'::regclass
            and pg_depend.refclassid = 'pg_class'::regclass
            and table_space.nspname = any(%s)
            and views.oid <> tables.oid
        order by 1, 2
        """,
        [list(roles)],
    ).fetchall()
    if found:
        table, view = found[0]
        raise CrossbrandError(
            f"The view {view} reads {table}, and would be dropped with it when the next generation "
            f"takes its place{f'; so would {len(found) - 1} more' if len(found) > 1 else ''}. "
            "Define it in the BI tool instead, or drop it and create it anew after each publishing."
        )
