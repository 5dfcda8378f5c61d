"""What may be told of whom now: the published profiles through the gate of consent.

Everything is SQL over the generation's tables, so a group's millions cost seconds; only people of
whom something is due come to Python.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from crossbrand.errors import CrossbrandError
from crossbrand.paths import quoted
from crossbrand.sync import consent
from crossbrand.sync.channels import BITS, FLAGS
from crossbrand.sync.consent import Newer
from crossbrand.sync.destinations.base import Contract, Membership
from crossbrand.sync.mapping import AllowedField, DestinationMapping, suggest
from crossbrand.sync.normalise import Macros
from crossbrand.sync.places import Generation, Places

MEMBERSHIP = ("entered_at", "channel", "send_at_hour", "send_at_weekday")
Person = tuple[str, str]
"""Customer, brand."""

MAY_PROFILE = frozenset({"audiences", "preferred_channel"})
"""Fields that the mart fills from a profile for some people: nobody can tell for whom any more."""

UNITING = frozenset({"merge", "earlier_founder", "founder_gone"})
"""Reasons of a redirect with which the whole customer has become another one."""

PURPOSES = ("marketing", "profiling")
"""What the allow-list may say that a field is for."""

REASONS = ("no_consent", "suspect", "newer_withdrawal", "no_address", "held_out", "erased")
"""Why somebody is not told of; the first that holds counts, in the order of `_judged_sql`."""


@dataclass(frozen=True)
class Deletion:
    """An erasure that has been done here and is to be done at the destinations."""

    deletion_id: str
    customer_id: str
    brand_id: str | None
    erased_at: datetime


def load_deletions(
    connection: duckdb.DuckDBPyConnection, generation: Generation, places: Places
) -> list[Deletion]:
    """From the file of deletions and the table `deletions` of the generation, where there are any.

    Raises CrossbrandError for a line that cannot be read: an erasure must not be passed over.
    """
    rows: list[tuple[str, Mapping[str, Any]]] = []
    if "deletions" in generation.tables:
        names = ("deletion_id", "customer_id", "brand_id", "erased_at")
        for row in connection.execute(
            f"select {', '.join(names)} from published.deletions"
        ).fetchall():
            rows.append(("the table deletions", dict(zip(names, row, strict=True))))
    if places.deletions.is_file():
        text = places.deletions.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            if line.strip():
                where = f"{places.deletions}, line {number}"
                try:
                    rows.append((where, dict(json.loads(line))))
                except (ValueError, TypeError) as error:
                    raise CrossbrandError(
                        f"{where} is no JSON object, so nothing is sent: an erasure must not be "
                        "passed over."
                    ) from error
    found: dict[tuple[str, str | None], Deletion] = {}
    for where, document in rows:
        try:
            at = document["erased_at"]
            at = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
            at = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
            deletion_id, customer_id = str(document["deletion_id"]), str(document["customer_id"])
        except (KeyError, ValueError) as error:
            raise CrossbrandError(
                f"{where} needs deletion_id, customer_id and erased_at (ISO 8601), so nothing is "
                "sent: an erasure must not be passed over."
            ) from error
        brand_id = document.get("brand_id")
        brand = str(brand_id) if brand_id else None
        found[deletion_id, brand] = Deletion(deletion_id, customer_id, brand, at)
    return sorted(found.values(), key=lambda one: (one.deletion_id, one.brand_id or ""))


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
    ) -> None:
        self._connection = connection
        self.generation = generation
        self._places = places
        self._mapping = mapping
        self._contract = contract
        self._allowed = allowed
        self.audience = audience
        self._macros = Macros(places.project)
        self._newer: Newer | None = None
        self.deletions = load_deletions(connection, generation, places)
        self.nameless = 0
        """Newer decisions that name nobody that can be read."""
        self._check_purposes()
        if audience is not None:
            self._check_audience(audience)

    @property
    def newer_files(self) -> int:
        """Consent files that have landed since the generation was built."""
        return len(self._newer.files) if self._newer else 0

    def refresh(self) -> bool:
        """Look at the landing and, where it changed, judge everybody anew; whether it changed."""
        newer = consent.find_newer(self._connection, self.generation, self._places.landing)
        if newer == self._newer:
            return False
        self.nameless = consent.write_closures(
            self._connection, self.generation, newer, self._places, self._macros
        )
        self._newer = newer
        self._connection.execute(self._judged_sql())
        self._connection.execute(self._effective_sql())
        self._connection.execute(
            "create or replace temp table desired as "
            "select customer_id, brand_id, flags, row_hash from effective"
        )
        return True

    def _check_purposes(self) -> None:
        for one in self._allowed.values():
            if one.purpose not in PURPOSES:
                raise CrossbrandError(
                    f"{self._places.allow_list}: {one.name} has the purpose {one.purpose!r}, and "
                    f"only {' and '.join(PURPOSES)} are known, so nothing is sent."
                )

    def _check_audience(self, audience: str) -> None:
        if "audience_members" not in self.generation.tables:
            raise CrossbrandError(
                f"{self.generation.path} has no audience_members. Publish again with "
                "`crossbrand build`."
            )
        names = {
            str(row[0])
            for row in self._connection.execute(
                "select distinct audience_name from published.audience_members"
            ).fetchall()
        }
        if "audiences" in self.generation.tables:
            columns = self.generation.tables["audiences"]
            column = "audience_name" if "audience_name" in columns else columns[0]
            names |= {
                str(row[0])
                for row in self._connection.execute(
                    f'select distinct "{column}" from published.audiences'
                ).fetchall()
            }
        seed = self._places.project / "seeds" / "audiences.csv"
        if seed.is_file():
            names |= {
                str(row[0])
                for row in self._connection.execute(
                    f"from read_csv({quoted(seed)}, all_varchar = true)"
                ).fetchall()
            }
        if audience not in names:
            raise CrossbrandError(f"Unknown audience {audience!r}.{suggest(audience, names)}")

    # --- the SQL --------------------------------------------------------------------------------

    def _judged_sql(self) -> str:
        """One row per customer and brand that contactability or sync_profiles holds."""
        may = ", ".join(
            f"bool_or(may_contact and channel = '{name}') as may_{name}" for name in FLAGS
        )
        closed = ", ".join(f"bool_or(closed = '{name}') as closed_{name}" for name in FLAGS)
        was = {
            name: f"coalesce(profiles.may_contact_{name} and may.may_{name}, false)"
            for name in FLAGS
        }
        told_suspect = {
            name: f"coalesce(may.may_{name}, false) and not coalesce(closed_{name}, false)"
            for name in FLAGS
        }
        is_open = {name: f"({was[name]} and not coalesce(closed_{name}, false))" for name in FLAGS}
        bits = " + ".join(
            f"case when {is_open[name]} then {BITS[name]} else 0 end" for name in FLAGS
        )
        suspect_bits = " + ".join(
            f"case when {told_suspect[name]} then {BITS[name]} else 0 end" for name in FLAGS
        )
        reached = {
            "email": is_open["email"],
            "phone": f"({is_open['sms']} or {is_open['call']})",
        }
        needs = " or ".join(
            f"(profiles.{name} is not null and {reached.get(name, 'true')})"
            for name in self._contract.needs
        )
        scope = ", ".join(quoted(brand) for brand in self._mapping.brands)
        in_scope = f"where coalesce(profiles.brand_id, may.brand_id) in ({scope})" if scope else ""
        member = "cast(null as varchar)"
        members = ""
        if self.audience is not None:
            members = f"""
    left join (
        select customer_id, brand_id, is_held_out,
            row_number() over (
                partition by customer_id, brand_id order by is_held_out desc, entered_at
            ) as place
        from published.audience_members
        where audience_name = {quoted(self.audience)}
    ) as members
        on profiles.customer_id = members.customer_id and profiles.brand_id = members.brand_id
        and members.place = 1"""
            member = """case
            when members.customer_id is null then 'no_member'
            when coalesce(members.is_held_out, true) then 'held_out'
            when coalesce(closed_profiling, false) then 'newer_withdrawal'
        end"""
        erased = self._erased_customers()
        return f"""
create or replace temp table judged as
with may as (
    select customer_id, brand_id, bool_or(is_suspect) as is_suspect, {may}
    from published.contactability
    group by customer_id, brand_id
),
closed as (
    select customer_id, brand_id, bool_or(closed = 'profiling') as closed_profiling, {closed}
    from closures
    group by customer_id, brand_id
)
select
    coalesce(profiles.customer_id, may.customer_id) as customer_id,
    coalesce(profiles.brand_id, may.brand_id) as brand_id,
    profiles.customer_id is not null as is_published,
    {bits} as flags,
    {suspect_bits} as suspect_flags,
    coalesce(closed_profiling, false) as is_profiling_closed,
    case
        when coalesce(profiles.customer_id, may.customer_id) in ({erased}) then 'erased'
        -- Merges cannot be undone at a platform, so whoever may be two people is left as they are,
        -- unless they may not be written to at all.
        when coalesce(may.is_suspect, false) and ({" or ".join(told_suspect.values())})
            then 'suspect'
        when not ({" or ".join(was.values())}) then 'no_consent'
        when {bits} = 0 then 'newer_withdrawal'
        when coalesce(may.is_suspect, true) then 'suspect'
        when not ({needs or "true"}) then 'no_address'
    end as reason,
    {member} as member_reason
from published.sync_profiles as profiles
full outer join may
    on profiles.customer_id = may.customer_id and profiles.brand_id = may.brand_id
left join closed
    on coalesce(profiles.customer_id, may.customer_id) = closed.customer_id
    and coalesce(profiles.brand_id, may.brand_id) = closed.brand_id{members}
{in_scope}
"""

    def _erased_customers(self) -> str:
        """A generation that is older than an erasure may still hold the person."""
        ids = sorted(
            {one.customer_id for one in self.deletions if self.generation.built_at <= one.erased_at}
        )
        return ", ".join(quoted(one) for one in ids) or "null"

    def _field_sql(self, name: str) -> str:
        if name == "email":
            return f"case when judged.flags & {BITS['email']} > 0 then profiles.email end"
        if name == "phone":
            either = BITS["sms"] | BITS["call"]
            return f"case when judged.flags & {either} > 0 then profiles.phone end"
        if name.removeprefix("may_contact_") in BITS and name.startswith("may_contact_"):
            return f"judged.flags & {BITS[name.removeprefix('may_contact_')]} > 0"
        column = f'profiles."{name}"'
        if self._allowed[name].purpose != "marketing" or name in MAY_PROFILE:
            return f"case when not judged.is_profiling_closed then {column} end"
        return column

    def _effective_sql(self) -> str:
        """The view `effective`: whoever may be told of now, with the fields that may be told."""
        fields = {name: self._field_sql(name) for name in self._mapping.sources}
        selected = "".join(f',\n    {sql} as "{name}"' for name, sql in fields.items())
        hashed = [f"'{name}': {sql}" for name, sql in fields.items()]
        members = ""
        if self.audience is not None:
            hashed += [f"'member_{name}': members.{name}" for name in MEMBERSHIP]
            selected += "".join(f",\n    members.{name} as member_{name}" for name in MEMBERSHIP)
            members = f"""
inner join (
    select * from published.audience_members where audience_name = {quoted(self.audience)}
    qualify row_number() over (partition by customer_id, brand_id order by entered_at) = 1
) as members
    on judged.customer_id = members.customer_id and judged.brand_id = members.brand_id"""
        return f"""
create or replace temp view effective as
select
    judged.customer_id,
    judged.brand_id,
    judged.flags,
    sha256(
        {quoted(self._mapping.fingerprint)} || judged.flags::varchar
        || to_json({{{", ".join(hashed)}}})::varchar
    ) as row_hash{selected}
from judged
inner join published.sync_profiles as profiles
    on judged.customer_id = profiles.customer_id and judged.brand_id = profiles.brand_id{members}
where judged.reason is null and judged.member_reason is null
"""

    # --- questions ------------------------------------------------------------------------------

    def skipped(self) -> Counter[str]:
        """How many are not told of, by reason."""
        own = "where member_reason is distinct from 'no_member'" if self.audience else ""
        rows = self._connection.execute(
            f"select coalesce(reason, member_reason), count(*) from judged {own} group by 1"
        ).fetchall()
        return Counter({str(reason): int(count) for reason, count in rows if reason})

    def suspect_flags(self) -> dict[Person, int]:
        """Of suspects that are left as they are: the channels that are still permitted."""
        rows = self._connection.execute(
            "select customer_id, brand_id, suspect_flags from judged where reason = 'suspect'"
        ).fetchall()
        return {(row[0], row[1]): int(row[2]) for row in rows}

    def barred_members(self) -> set[Person]:
        """Who is in the audience and may not be told of as a member: held out, or unprofiled."""
        rows = self._connection.execute(
            "select customer_id, brand_id from judged "
            "where reason is null and member_reason in ('held_out', 'newer_withdrawal')"
        ).fetchall()
        return {(row[0], row[1]) for row in rows}

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

    def rows(self, people: Iterable[Person]) -> dict[Person, dict[str, Any]]:
        """The effective rows of these people; who may not be told of is not among them."""
        keys = sorted(set(people))
        if not keys:
            return {}
        self._register("asked", keys, ("customer_id", "brand_id"))
        cursor = self._connection.execute(
            "select effective.* from effective semi join asked using (customer_id, brand_id)"
        )
        names = [column[0] for column in cursor.description or []]
        found = {(row[0], row[1]): dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
        self._connection.unregister("asked")
        return found

    def membership(self, row: Mapping[str, Any] | None) -> Membership | None:
        """What the audience knows of a member; without a row only which audience it is."""
        if self.audience is None:
            return None
        if row is None:
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
        """Of these customers those that have become another one: the id now, and which redirect.

        Who is alive under the old id has not, and neither has one whose identifiers went to several
        customers or for another reason than those of UNITING: a merge would give one of the pieces
        what belongs to the others. Chains are followed to their end.
        """
        if "identity_redirects" not in self.generation.tables:
            return {}
        columns = self.generation.tables["identity_redirects"]
        count = "earlier_redirect_count"
        earlier = f"coalesce({count}, 0)" if count in columns else "0"
        # The last thing that became of an id: all its redirects of one build.
        rows = self._connection.execute(f"""
            select old_customer_id, new_customer_id, redirect_id, reason
            from published.identity_redirects
            where not coalesce(is_old_id_alive, false)
            qualify rank() over (
                partition by old_customer_id order by redirected_at desc, {earlier} desc
            ) = 1
            order by redirect_id
        """).fetchall()
        pieces: dict[str, list[tuple[Any, ...]]] = {}
        for old, *piece in rows:
            pieces.setdefault(str(old), []).append(tuple(piece))
        latest = {
            old: (str(found[0][0]), str(found[0][1]))
            for old, found in pieces.items()
            if len({new for new, _, _ in found}) == 1
            and found[0][0] is not None
            and all(reason in UNITING for _, _, reason in found)
        }
        if not latest:
            return {}
        alive = {
            str(row[0])
            for row in self._connection.execute(
                "select distinct customer_id from judged"
            ).fetchall()
        }
        found = {}
        for old in set(told):
            if old in alive or old not in latest:
                continue
            passed, (new, redirect) = {old}, latest[old]
            while new not in alive and new in latest and new not in passed:
                passed.add(new)
                new = latest[new][0]
            if new in alive:
                found[old] = (new, redirect)
        return found

    def vanished_by_erasure(self, told: Iterable[str]) -> dict[str, str]:
        """Of these customers those that identity_redirects says were erased, with the redirect."""
        if "identity_redirects" not in self.generation.tables:
            return {}
        rows = self._connection.execute(
            "select old_customer_id, min(redirect_id) from published.identity_redirects "
            "where reason = 'erasure' and new_customer_id is null group by 1"
        ).fetchall()
        erased = {str(old): str(redirect) for old, redirect in rows}
        return {one: erased[one] for one in set(told) & erased.keys()}

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
