"""What may be told of whom now: the published profiles through the gate of consent.

Everything is SQL over the generation's tables, so a group's millions cost seconds; only people of
whom something is due come to Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from crossbrand.sync.channels import BITS, FLAGS, PROFILED
from crossbrand.sync.checks import check_audience, check_keys, check_purposes
from crossbrand.sync.consent import Unplaced, write_closures
from crossbrand.sync.destinations.base import Contract, Membership
from crossbrand.sync.gate import Gate
from crossbrand.sync.landing import Newer, find_newer
from crossbrand.sync.lineage import (
    Deletion,
    erased_since,
    load_deletions,
    redirects,
    vanished_by_erasure,
)
from crossbrand.sync.mapping import AllowedField, DestinationMapping
from crossbrand.sync.normalise import Macros
from crossbrand.sync.places import Generation, Places

Person = tuple[str, str]
"""Customer, brand."""

VIEWS = ("effective", "members")

REASONS = ("no_consent", "suspect", "newer_withdrawal", "no_address", "held_out", "erased")
"""Why somebody is not told of; the first that holds counts, in the order of `judged_sql`."""


@dataclass(frozen=True)
class Reach:
    """What is permitted of somebody now.

    `flags` are the channels that may be open and whether fields for profiling may be told;
    `reason` is why they are not told of, if so; `refused` are channels on which they said no.
    """

    flags: int
    reason: str | None
    refused: int


class Source:
    """The people of one generation, one stream and one mapping, as they may be told of now."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        generation: Generation,
        places: Places,
        mapping: DestinationMapping,
        contract: Contract,
        allowed: Mapping[str, AllowedField],
        audience: str | None,
        audiences_told: Collection[str] = (),
    ) -> None:
        self._connection = connection
        self.generation = generation
        self._places = places
        self._mapping = mapping
        self.audience = audience
        self.gate = Gate(generation, mapping, contract, allowed, audience)
        self._macros = Macros(places.project)
        self._newer: Newer | None = None
        self.deletions = load_deletions(connection, generation, places)
        self.unplaced = Unplaced()
        check_purposes(allowed, places)
        check_keys(connection, generation)
        if audience is not None:
            check_audience(audience, connection, generation, places, audiences_told)

    @property
    def newer_files(self) -> int:
        """Consent files that have landed since the generation was built."""
        return len(self._newer.files) if self._newer else 0

    def refresh(self) -> bool:
        """Look at the landing and the erasures; whether they changed and all is judged anew."""
        newer = find_newer(self._connection, self.generation, self._places.landing)
        deletions = load_deletions(self._connection, self.generation, self._places)
        if (newer, deletions) == (self._newer, self.deletions):
            return False
        self.deletions = deletions
        self.unplaced = write_closures(
            self._connection, self.generation, newer, self._places, self._macros
        )
        self._newer = newer
        self._connection.execute(self.gate.judged_sql(self._erased_customers()))
        for view in VIEWS if self.audience else VIEWS[:1]:
            self._connection.execute(self.gate.effective_sql(view))
        self._connection.execute(
            "create or replace temp table desired as "
            f"select customer_id, brand_id, flags, row_hash from {self._view}"
        )
        return True

    @property
    def _view(self) -> str:
        """Whom the stream of this run is about."""
        return VIEWS[1] if self.audience else VIEWS[0]

    def _erased_customers(self) -> set[str]:
        """A generation that is older than an erasure may still hold the person."""
        return {
            one.customer_id for one in self.deletions if self.generation.built_at <= one.erased_at
        }

    # --- questions ------------------------------------------------------------------------------

    def skipped(self) -> Counter[str]:
        """How many are not told of, by reason."""
        own = "where member_reason is distinct from 'no_member'" if self.audience else ""
        rows = self._connection.execute(
            f"select coalesce(reason, member_reason), count(*) from judged {own} group by 1"
        ).fetchall()
        return Counter({str(reason): int(count) for reason, count in rows if reason})

    def barred_members(self) -> set[Person]:
        """Who may not be told of as a member: held out, or not to be profiled any more.

        A build takes whoever has withdrawn profiling out of the audience, so one who is no member
        and of whom no field for profiling may be told is barred as well.
        """
        if self.audience is None:
            return set()
        rows = self._connection.execute(
            "select judged.customer_id, judged.brand_id from judged "
            "left join effective using (customer_id, brand_id) where reason is null and ("
            "  member_reason in ('held_out', 'newer_withdrawal')"
            f"  or member_reason = 'no_member' and effective.flags & {PROFILED} = 0)"
        ).fetchall()
        return {(row[0], row[1]) for row in rows}

    def lost(self, told: Mapping[Person, int]) -> dict[Person, Reach]:
        """Of the channels that may be open at the destination, whose are not to be so now."""
        people = sorted(told)
        if not people:
            return {}
        rows = [(*person, told[person]) for person in people]
        self._register("told_open", rows, ("customer_id", "brand_id", "flags"))
        found = self._connection.execute(f"""
            with reached as ({self._reach_sql("told_open")})
            select customer_id, brand_id, flags, reason, refused from reached
            where (told_flags & ~flags) <> 0 order by brand_id, customer_id
        """).fetchall()
        self._connection.unregister("told_open")
        return {(row[0], row[1]): Reach(int(row[2]), row[3], int(row[4])) for row in found}

    @staticmethod
    def _reach_sql(asked: str) -> str:
        return f"""
            select
                asked.customer_id, asked.brand_id, asked.flags as told_flags,
                case
                    when effective.flags is not null then effective.flags
                    when judged.reason = 'suspect' then judged.suspect_flags
                        + case when is_profiling_closed then 0 else {PROFILED} end
                    else 0
                end as flags,
                judged.reason,
                coalesce(judged.refused_flags, 0) as refused
            from {asked} as asked
            left join judged using (customer_id, brand_id)
            left join effective
                on asked.customer_id = effective.customer_id
                and asked.brand_id = effective.brand_id
        """

    def plain(self, people: Iterable[Person]) -> dict[Person, tuple[str, int]]:
        """Hash and permissions of these people as in the stream of all profiles."""
        keys = sorted(set(people))
        if not keys:
            return {}
        self._register("asked", keys, ("customer_id", "brand_id"))
        rows = self._connection.execute(
            "select customer_id, brand_id, row_hash, flags from effective "
            "semi join asked using (customer_id, brand_id)"
        ).fetchall()
        self._connection.unregister("asked")
        return {(row[0], row[1]): (str(row[2]), int(row[3])) for row in rows}

    def reach(self, people: Iterable[Person]) -> dict[Person, Reach]:
        """For each of these people what is still permitted, in whatever stream they were told."""
        keys = sorted(set(people))
        if not keys:
            return {}
        rows = [(*key, 0) for key in keys]
        self._register("asked", rows, ("customer_id", "brand_id", "flags"))
        found = self._connection.execute(self._reach_sql("asked")).fetchall()
        self._connection.unregister("asked")
        return {(row[0], row[1]): Reach(int(row[3]), row[4], int(row[5])) for row in found}

    def decisions(self, people: Iterable[Person]) -> dict[Person, dict[str, float | None]]:
        """Of these people the channels on which they have said no, and when, where it is known."""
        keys = sorted(set(people))
        if not keys:
            return {}
        self._register("asked", keys, ("customer_id", "brand_id"))
        times = ", ".join(f"decided_{name}" for name in FLAGS)
        rows = self._connection.execute(
            f"select customer_id, brand_id, refused_flags, {times} from judged "
            "semi join asked using (customer_id, brand_id) where refused_flags > 0"
        ).fetchall()
        self._connection.unregister("asked")
        return {
            (row[0], row[1]): {
                name: at for name, at in zip(FLAGS, row[3:], strict=True) if row[2] & BITS[name]
            }
            for row in rows
        }

    def refused_elsewhere(self, people: Iterable[Person]) -> dict[Person, int]:
        """The channels that others of one e-mail have refused, by each of these people.

        Others are the same customer at other brands of this mapping, and whoever has an e-mail in
        common with them, at any of its brands.
        """
        keys = sorted(set(people))
        if not keys:
            return {}
        self._register("asked", keys, ("customer_id", "brand_id"))
        sharing = ""
        if "customer_identifiers" in self.generation.tables:
            sharing = """
                union
                select asked.customer_id, asked.brand_id, theirs.customer_id
                from asked
                inner join published.customer_identifiers as mine
                    on asked.customer_id = mine.customer_id and mine.identifier_type = 'email'
                inner join published.customer_identifiers as theirs
                    on
                        theirs.identifier_type = 'email'
                        and mine.identifier_value = theirs.identifier_value
                where mine.unusable_reason is distinct from 'placeholder'
            """
        rows = self._connection.execute(f"""
            with others as (
                select customer_id, brand_id, customer_id as other_id from asked
                {sharing}
            )
            select others.customer_id, others.brand_id, bit_or(judged.refused_flags)
            from others
            inner join judged
                on
                    others.other_id = judged.customer_id
                    and (others.customer_id, others.brand_id)
                    <> (judged.customer_id, judged.brand_id)
            group by 1, 2
        """).fetchall()
        self._connection.unregister("asked")
        return {(row[0], row[1]): int(row[2]) for row in rows}

    def brands_published(self) -> set[str]:
        """The brands that sync_profiles holds anybody of."""
        rows = self._connection.execute("select distinct brand_id from published.sync_profiles")
        return {str(row[0]) for row in rows.fetchall()}

    def differences(self, told: Sequence[tuple[Any, ...]]) -> tuple[int, list[tuple[Any, ...]]]:
        """How many are as they were told, and the others.

        `told` are customer_id, brand_id, row_hash, flags of what the destination has acknowledged.
        Each other is customer_id, brand_id, row_hash and flags as desired (null where they may not
        be told of), reason (null where they may), row_hash as told.
        """
        self._register("told_rows", told, ("customer_id", "brand_id", "row_hash", "flags"))
        rows = self._connection.execute("""
            select
                coalesce(desired.customer_id, told.customer_id),
                coalesce(desired.brand_id, told.brand_id),
                desired.row_hash,
                desired.flags,
                judged.reason,
                judged.customer_id is not null,
                told.row_hash
            from desired
            full outer join told_rows as told
                on desired.customer_id = told.customer_id and desired.brand_id = told.brand_id
            left join judged
                on coalesce(desired.customer_id, told.customer_id) = judged.customer_id
                and coalesce(desired.brand_id, told.brand_id) = judged.brand_id
            where desired.row_hash is distinct from told.row_hash
            order by 2, 1
        """).fetchall()
        same = self._connection.execute(
            "select count(*) from desired "
            "inner join told_rows using (customer_id, brand_id, row_hash)"
        ).fetchone()
        self._connection.unregister("told_rows")
        return int(same[0]) if same else 0, rows

    def standing(self, people: Iterable[Person]) -> dict[Person, tuple[Any, ...]]:
        """For each: row_hash and flags as desired, reason, and whether they are known at all."""
        keys = sorted(set(people))
        if not keys:
            return {}
        self._register("asked", keys, ("customer_id", "brand_id"))
        rows = self._connection.execute("""
            select
                asked.customer_id, asked.brand_id, desired.row_hash, desired.flags,
                judged.reason, judged.customer_id is not null
            from asked
            left join desired using (customer_id, brand_id)
            left join judged
                on asked.customer_id = judged.customer_id and asked.brand_id = judged.brand_id
        """).fetchall()
        self._connection.unregister("asked")
        return {(row[0], row[1]): tuple(row[2:]) for row in rows}

    def rows(
        self, people: Iterable[Person], *, as_members: bool = True
    ) -> dict[Person, dict[str, Any]]:
        """The effective rows of these people; who may not be told of is not among them.

        In a run about an audience, `as_members` asks for members only, with their membership.
        """
        view = self._view if as_members else VIEWS[0]
        keys = sorted(set(people))
        if not keys:
            return {}
        self._register("asked", keys, ("customer_id", "brand_id"))
        cursor = self._connection.execute(
            f"select {view}.* from {view} semi join asked using (customer_id, brand_id)"
        )
        names = [column[0] for column in cursor.description or []]
        found = {(row[0], row[1]): dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
        self._connection.unregister("asked")
        return found

    def membership(self, row: Mapping[str, Any] | None) -> Membership | None:
        """What the audience knows of a member; without a row only which audience it is."""
        if self.audience is None:
            return None
        if row is None or "member_entered_at" not in row:
            return Membership(self.audience)
        at = row["member_entered_at"]
        return Membership(
            self.audience,
            at.isoformat(timespec="seconds") + "Z" if isinstance(at, datetime) else at,
            row["member_channel"],
            row["member_send_at_hour"],
            row["member_send_at_weekday"],
        )

    def redirects(self, told: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Of these customers those that have become another one: the id now, and which redirect."""
        return redirects(self._connection, self.generation, told)

    def vanished_by_erasure(self, told: Iterable[str]) -> dict[str, str]:
        """Of these customers those that identity_redirects says were erased, with the redirect."""
        return vanished_by_erasure(self._connection, self.generation, told)

    def erased_since(self, told: Iterable[str]) -> list[tuple[Deletion, str]]:
        """Deletions, and those of these customers who had become the one that was erased."""
        return erased_since(self._connection, self.generation, self.deletions, told)

    @property
    def as_of(self) -> float:
        """Up to when the generation has heard, in seconds since 1970."""
        columns = self.generation.tables["_generation"]
        at = "coalesce(as_of_at, built_at)" if "as_of_at" in columns else "built_at"
        row = self._connection.execute(f"select epoch({at}) from published._generation").fetchone()
        return float(row[0]) if row else 0.0

    def brands(self) -> set[str]:
        """Every brand of the generation that the mapping sends."""
        rows = self._connection.execute("select distinct brand_id from judged").fetchall()
        return {str(row[0]) for row in rows}

    def _register(self, name: str, rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> None:
        types = {"flags": pa.int64()}
        arrays = {
            column: pa.array([row[place] for row in rows], types.get(column, pa.string()))
            for place, column in enumerate(columns)
        }
        self._connection.register(name, pa.table(arrays))
