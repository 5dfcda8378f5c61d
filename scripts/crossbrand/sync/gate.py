"""The gate of consent as SQL: who may be told of now, of what, and since when a channel is closed.

`judged` has one row per customer and brand that contactability or sync_profiles holds. `effective`
has whoever may be told of, with the fields that may be told; `members` those of an audience, with
their membership. Times are seconds since 1970, as the state keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crossbrand.paths import quoted
from crossbrand.sync.channels import BITS, FLAGS, PROFILED, REACHED_AS
from crossbrand.sync.destinations.base import Contract
from crossbrand.sync.mapping import AllowedField, DestinationMapping
from crossbrand.sync.places import Generation

MEMBERSHIP = ("entered_at", "channel", "send_at_hour", "send_at_weekday")

MAY_PROFILE = frozenset({"audiences", "preferred_channel"})
"""Fields that the mart fills from a profile for some people: nobody can tell for whom any more."""


@dataclass(frozen=True)
class Gate:
    """What the SQL depends on."""

    generation: Generation
    mapping: DestinationMapping
    contract: Contract
    allowed: Mapping[str, AllowedField]
    audience: str | None

    def judged_sql(self, erased: Iterable[str]) -> str:
        """Make `judged`; `erased` are customers of whom an older generation may still tell."""
        columns = self.generation.tables["contactability"]

        def found(name: str) -> str:
            return name if name in columns else f"cast(null as timestamp) as {name}"

        said_no = "not coalesce(may_contact, false) and reason = 'withdrawn'"
        per_channel = ",\n        ".join(
            f"bool_and(coalesce(may_contact, false)) filter (channel = '{name}') as may_{name},"
            "\n        "
            f"max(epoch(consent_decided_at)) filter (may_contact and channel = '{name}') "
            f"as granted_{name},\n        "
            f"max(epoch(unsubscribed_at)) filter (channel = '{name}') as unsubscribed_{name},\n"
            f"        max(epoch(greatest(consent_decided_at, unsubscribed_at))) "
            f"filter ({said_no} and channel = '{name}') as decided_{name},\n        "
            f"bool_or(not coalesce(may_contact, false) and channel = '{name}' "
            f"and reason in ('withdrawn', 'complaint', 'restriction')) as refused_{name}"
            for name in FLAGS
        )
        closed = ",\n        ".join(
            f"bool_or(closed = '{name}') as closed_{name},\n        "
            f"max(said_at) filter (closed = '{name}') as said_{name}"
            for name in FLAGS
        )
        was = {
            name: f"coalesce(profiles.may_contact_{name} and may.may_{name}, false)"
            for name in FLAGS
        }
        told_suspect = {
            name: f"coalesce(may.may_{name}, false) and not coalesce(closed_{name}, false)"
            for name in FLAGS
        }
        is_open = {name: f"({was[name]} and not coalesce(closed_{name}, false))" for name in FLAGS}
        bits = _bits(is_open)
        refused = {
            name: f"(coalesce(may.refused_{name}, false) or coalesce(closed_{name}, false))"
            for name in FLAGS
        }
        times = "".join(
            f",\n    granted_{name},\n    unsubscribed_{name},\n    "
            f"greatest(decided_{name}, said_{name}) as decided_{name}"
            for name in FLAGS
        )
        reached = {
            "email": is_open["email"],
            "phone": f"({is_open['sms']} or {is_open['call']})",
        }
        needs = " or ".join(
            f"(profiles.{name} is not null and {reached.get(name, 'true')})"
            for name in self.contract.needs
        )
        scope = ", ".join(quoted(brand) for brand in self.mapping.brands)
        in_scope = f"where coalesce(profiles.brand_id, may.brand_id) in ({scope})" if scope else ""
        member, members = self._membership_sql(is_open)
        gone = ", ".join(quoted(one) for one in sorted(set(erased))) or "null"
        return f"""
create or replace temp table judged as
with asked as (
    select
        customer_id, brand_id, channel, may_contact, is_suspect, reason,
        {found("consent_decided_at")}, {found("unsubscribed_at")}
    from published.contactability
),
may as (
    -- Where rows contradict one another the no counts.
    select customer_id, brand_id, bool_or(coalesce(is_suspect, true)) as is_suspect,
        {per_channel}
    from asked
    group by customer_id, brand_id
),
closed as (
    select customer_id, brand_id, bool_or(closed = 'profiling') as closed_profiling,
        {closed}
    from closures
    group by customer_id, brand_id
)
select
    coalesce(profiles.customer_id, may.customer_id) as customer_id,
    coalesce(profiles.brand_id, may.brand_id) as brand_id,
    profiles.customer_id is not null as is_published,
    {bits} as flags,
    {_bits(told_suspect)} as suspect_flags,
    {_bits(refused)} as refused_flags,
    coalesce(closed_profiling, false) as is_profiling_closed,
    case
        when coalesce(profiles.customer_id, may.customer_id) in ({gone}) then 'erased'
        -- Merges cannot be undone at a platform, so whoever may be two people is left as they are,
        -- unless they may not be written to at all.
        when coalesce(may.is_suspect, false) and ({" or ".join(told_suspect.values())})
            then 'suspect'
        when not ({" or ".join(was.values())}) then 'no_consent'
        when {bits} = 0 then 'newer_withdrawal'
        when coalesce(may.is_suspect, true) then 'suspect'
        when not ({needs or "true"}) then 'no_address'
    end as reason,
    {member} as member_reason{times}
from published.sync_profiles as profiles
full outer join may
    on profiles.customer_id = may.customer_id and profiles.brand_id = may.brand_id
left join closed
    on coalesce(profiles.customer_id, may.customer_id) = closed.customer_id
    and coalesce(profiles.brand_id, may.brand_id) = closed.brand_id{members}
{in_scope}
"""

    def _membership_sql(self, is_open: Mapping[str, str]) -> tuple[str, str]:
        """Why somebody is not told of as a member, and the join that it needs.

        Who may no longer be written to on the channel that the audience chose is none any more: the
        next build chooses another.
        """
        if self.audience is None:
            return "cast(null as varchar)", ""
        channel = "members.channel"
        if "channel" not in self.generation.tables["audience_members"]:
            channel = "cast(null as varchar)"
        names = {**{name: name for name in FLAGS}, **REACHED_AS}
        open_channel = " ".join(f"when '{one}' then {is_open[own]}" for one, own in names.items())
        reason = f"""case
            when members.customer_id is null then 'no_member'
            when coalesce(members.is_held_out, true) then 'held_out'
            when coalesce(closed_profiling, false) then 'newer_withdrawal'
            when {channel} is not null and not (case {channel} {open_channel} else false end)
                then 'newer_withdrawal'
        end"""
        join = f"""
    left join (
        select *,
            row_number() over (
                partition by customer_id, brand_id
                order by coalesce(is_held_out, true) desc, entered_at
            ) as place
        from published.audience_members
        where audience_name = {quoted(self.audience)}
    ) as members
        on profiles.customer_id = members.customer_id and profiles.brand_id = members.brand_id
        and members.place = 1"""
        return reason, join

    def is_for_profiling(self, name: str) -> bool:
        """Whether a field goes with the permission to profile."""
        return self.allowed[name].purpose != "marketing" or name in MAY_PROFILE

    def closed_fields(self, flags: int) -> frozenset[str]:
        """The fields that may not be told to anybody with these permissions."""
        names = {name for name in self.mapping.sources if self.is_for_profiling(name)}
        closed = set() if flags & PROFILED else names
        if not flags & BITS["email"]:
            closed.add("email")
        if not flags & (BITS["sms"] | BITS["call"]):
            closed.add("phone")
        return frozenset(closed)

    def _field_sql(self, name: str) -> str:
        if name == "email":
            return f"case when judged.flags & {BITS['email']} > 0 then profiles.email end"
        if name == "phone":
            either = BITS["sms"] | BITS["call"]
            return f"case when judged.flags & {either} > 0 then profiles.phone end"
        if name.removeprefix("may_contact_") in BITS and name.startswith("may_contact_"):
            return f"judged.flags & {BITS[name.removeprefix('may_contact_')]} > 0"
        column = f'profiles."{name}"'
        if self.is_for_profiling(name):
            return f"case when not judged.is_profiling_closed then {column} end"
        return column

    def effective_sql(self, view: str) -> str:
        """The view `effective`, or `members`."""
        fields = {name: self._field_sql(name) for name in self.mapping.sources}
        selected = "".join(f',\n    {sql} as "{name}"' for name, sql in fields.items())
        hashed = [f"'{name}': {sql}" for name, sql in fields.items()]
        # Who has consented anew since the platform told of their no is to be told of once more.
        hashed += [
            f"'again_{name}': case when judged.flags & {bit} > 0 and unsubscribed_{name} "
            f"is not null then [unsubscribed_{name}, granted_{name}] end"
            for name, bit in BITS.items()
        ]
        members = ""
        if view == "members":
            hashed += [f"'member_{name}': members.{name}" for name in MEMBERSHIP]
            selected += "".join(f",\n    members.{name} as member_{name}" for name in MEMBERSHIP)
            members = f"""
inner join (
    select * from published.audience_members where audience_name = {quoted(str(self.audience))}
    qualify row_number() over (partition by customer_id, brand_id order by entered_at) = 1
) as members
    on judged.customer_id = members.customer_id and judged.brand_id = members.brand_id"""
        condition = "and judged.member_reason is null" if view == "members" else ""
        times = "".join(f",\n    granted_{one},\n    unsubscribed_{one}" for one in FLAGS)
        return f"""
create or replace temp view {view} as
select
    judged.customer_id,
    judged.brand_id,
    judged.flags + {self._profiled_sql()} as flags,
    sha256(
        {quoted(self.mapping.fingerprint)} || judged.flags::varchar
        || to_json({{{", ".join(hashed)}}})::varchar
    ) as row_hash{times}{selected}
from judged
inner join published.sync_profiles as profiles
    on judged.customer_id = profiles.customer_id and judged.brand_id = profiles.brand_id{members}
where judged.reason is null {condition}
"""

    def _profiled_sql(self) -> str:
        """The bit of somebody of whom a field for profiling may be told, mapped or not."""
        columns = self.generation.tables["sync_profiles"]
        names = [
            name
            for name, one in sorted(self.allowed.items())
            if one.purpose != "marketing" and name in columns
        ]
        some = " or ".join(f'profiles."{name}" is not null' for name in names) or "false"
        return f"case when not judged.is_profiling_closed and ({some}) then {PROFILED} else 0 end"


def _bits(conditions: Mapping[str, str]) -> str:
    return " + ".join(
        f"case when {condition} then {BITS[name]} else 0 end"
        for name, condition in conditions.items()
    )
