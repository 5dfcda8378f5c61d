"""What must hold of a generation and the allow-list before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from crossbrand.errors import CrossbrandError
from crossbrand.paths import quoted
from crossbrand.sync.mapping import AllowedField, suggest
from crossbrand.sync.places import Generation, Places

PURPOSES = ("marketing", "profiling")
"""What the allow-list may say that a field is for."""


def check_purposes(allowed: Mapping[str, AllowedField], places: Places) -> None:
    """Raise CrossbrandError for a field whose purpose nobody knows."""
    for one in allowed.values():
        if one.purpose not in PURPOSES:
            raise CrossbrandError(
                f"{places.allow_list}: {one.name} has the purpose {one.purpose!r}, and "
                f"only {' and '.join(PURPOSES)} are known, so nothing is sent."
            )


def check_keys(connection: duckdb.DuckDBPyConnection, generation: Generation) -> None:
    """Raise CrossbrandError where somebody is published twice, or without a key."""
    row = connection.execute(
        "select coalesce(brand_id, '') || ':' || coalesce(customer_id, '') "
        "from published.sync_profiles group by customer_id, brand_id "
        "having count(*) > 1 or customer_id is null or brand_id is null limit 1"
    ).fetchone()
    if row:
        raise CrossbrandError(
            f"sync_profiles of {generation.path} has no row of its own for {row[0]}: "
            "customer_id and brand_id are its key. Nothing was sent; build and publish again."
        )


def check_audience(
    audience: str,
    connection: duckdb.DuckDBPyConnection,
    generation: Generation,
    places: Places,
    told: Collection[str],
) -> None:
    """Raise CrossbrandError, with the near names, for an audience that there is not.

    One that is there no longer, of which the destination was `told`, can still be left by all.
    """
    if "audience_members" not in generation.tables:
        raise CrossbrandError(
            f"{generation.path} has no audience_members. Publish again with `crossbrand build`."
        )
    names = {
        str(row[0])
        for row in connection.execute(
            "select distinct audience_name from published.audience_members"
        ).fetchall()
    }
    if "audiences" in generation.tables:
        columns = generation.tables["audiences"]
        column = "audience_name" if "audience_name" in columns else columns[0]
        names |= {
            str(row[0])
            for row in connection.execute(
                f'select distinct "{column}" from published.audiences'
            ).fetchall()
        }
    seed = places.project / "seeds" / "audiences.csv"
    if seed.is_file():
        names |= {
            str(row[0])
            for row in connection.execute(
                f"from read_csv({quoted(seed)}, all_varchar = true)"
            ).fetchall()
        }
    if audience not in names | set(told):
        raise CrossbrandError(f"Unknown audience {audience!r}.{suggest(audience, names)}")
