"""What becomes of each delivered column: its name in the landing, and what is said about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from crossbrand.contract import PROVENANCE_COLUMNS, Feed
from crossbrand.land.convert import Convert, converter
from crossbrand.land.mapping import Mapping, Rule
from crossbrand.land.model import FileRefusedError, printable, shown
from crossbrand.land.names import did_you_mean, match_names, plain_name, suggest

# Names that the landing gives itself, so a delivered column of that name gets another.
RESERVED = (*PROVENANCE_COLUMNS, "_landing_file")

MOST_COLUMNS = 2000


@dataclass(frozen=True)
class Planned:
    """One delivered column. `kept_as` names the copy that holds what a conversion began with."""

    index: int
    source: str
    name: str
    in_contract: bool
    required: bool = False
    convert: Convert | None = None
    kept_as: str = ""


@dataclass
class Plan:
    """All columns in their order, constants, and the sentences about them."""

    columns: list[Planned]
    constants: dict[str, str]
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    not_delivered: list[str] = field(default_factory=list)

    @property
    def delivered(self) -> list[str]:
        """The contract's columns that the file has."""
        return [column.name for column in self.columns if column.in_contract]

    @property
    def extra(self) -> list[str]:
        """Delivered names that the contract has not."""
        return [column.source for column in self.columns if not column.in_contract]

    @property
    def names(self) -> list[str]:
        """The landed columns."""
        kept = [column.kept_as for column in self.columns if column.kept_as]
        return [*(column.name for column in self.columns), *self.constants, *kept]


def known_names(names: Sequence[str], feed: Feed, mapping: Mapping) -> int:
    """How many of a header's names are understood; tells the right delimiter from the wrong."""
    rules = {plain_name(source) for source in mapping.rules}
    matched = set(match_names(names, feed.column_names).values())
    return len(matched) + sum(plain_name(name) in rules for name in names)


def make_plan(
    names: Sequence[str], feed: Feed, mapping: Mapping, *, allow_missing: bool = False
) -> Plan:
    """Match the delivered columns with the contract.

    Raises FileRefusedError where two columns are one, where the mapping names a column that did
    not come, or where a column is missing without which no row of the feed can be used.
    """
    if len(names) > MOST_COLUMNS:
        raise FileRefusedError(f"it has {len(names):,} columns; {MOST_COLUMNS:,} are the most.")
    targets, notes = _targets(names, feed, mapping)
    by_name = {column.name: column for column in feed.columns}
    taken = {name.casefold() for name in (*feed.column_names, *RESERVED)}
    planned = []
    for index, source in enumerate(names):
        target = targets.get(index)
        if target is None:
            planned.append(Planned(index, source, _extra_name(source, index, taken), False))
            continue
        rule = _rule(source, mapping)
        convert = converter(rule, by_name[target]) if rule and rule.converts else None
        kept_as = _extra_name(f"{target}_as_delivered", index, taken) if convert else ""
        planned.append(
            Planned(index, source, target, True, by_name[target].required, convert, kept_as)
        )
    plan = Plan(planned, dict(mapping.constants), notes)
    _say_missing(plan, names, feed, allow_missing=allow_missing)
    return plan


def _rule(source: str, mapping: Mapping) -> Rule | None:
    if source in mapping.rules:
        return mapping.rules[source]
    plain = plain_name(source)
    return next(
        (rule for key, rule in mapping.rules.items() if plain and plain_name(key) == plain), None
    )


def _targets(
    names: Sequence[str], feed: Feed, mapping: Mapping
) -> tuple[dict[int, str], list[str]]:
    """Index of a delivered column → column of the contract."""
    mapped: dict[int, str] = {}
    for index, source in enumerate(names):
        rule = _rule(source, mapping)
        if rule is not None:
            mapped[index] = rule.to
    came = {plain_name(name) for name in names}
    for source in mapping.rules:
        if plain_name(source) not in came and source not in names:
            raise FileRefusedError(
                f"the mapping names the column {shown(source)}, which it does not have."
                f"{did_you_mean(source, names)} Its columns: {_listed(names)}."
            )
    filled = {*mapped.values(), *mapping.constants}
    notes = []
    targets = dict(mapped)
    for index, target in match_names(names, feed.column_names).items():
        if index in mapped:
            continue
        if target in filled:
            notes.append(
                f"{shown(names[index])} is not read as {target}: the mapping fills that otherwise"
            )
            continue
        targets[index] = target
        if names[index] != target:
            notes.append(f"{shown(names[index])} is read as {target}")
    repeated = [target for target, count in Counter(targets.values()).items() if count > 1]
    for target in repeated:
        places = [index for index, name in targets.items() if name == target]
        told = " and ".join(f"{place + 1} ({shown(names[place])})" for place in sorted(places))
        raise FileRefusedError(
            f"its columns {told} are both {target}, and which one counts cannot be known. "
            "Rename one of them in the export."
        )
    return targets, notes


def _extra_name(source: str, index: int, taken: set[str]) -> str:
    """A name for a column of the file's own: its name, unless that is empty or taken."""
    base = printable(source).strip()[:120] or f"column_{index + 1}"
    name, number = base, 2
    while name.casefold() in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name.casefold())
    return name


def _say_missing(plan: Plan, names: Sequence[str], feed: Feed, *, allow_missing: bool) -> None:
    came = {*plan.delivered, *plan.constants}
    if not plan.delivered:
        raise FileRefusedError(
            f"no column of the feed {feed.name} is in its header, which is: {_listed(names)}. "
            "Check --feed and --delimiter, or name the columns with --map."
        )
    missing = [column for column in feed.columns if column.name not in came]
    extra = plan.extra
    required = [column.name for column in missing if column.required]
    if required and not allow_missing:
        hints = _rename_hints(required, extra)
        raise FileRefusedError(
            f"{'columns are' if len(required) > 1 else 'a column is'} missing without which no row "
            f"of {feed.name} can be used: {', '.join(required)}. "
            + (
                f"{hints} Say so with --map."
                if hints
                else f"Its columns: {_listed(names)}. Where they go by other names, say so with "
                "--map; --allow-missing lands the file as it is."
            )
        )
    if required:
        plan.warnings.append(
            f"{', '.join(required)} did not come: staging will refuse every row of this file"
        )
    if extra:
        plan.notes.append(f"not in the contract, so landed and not used: {_listed(extra)}")
    optional = [column.name for column in missing if not column.required]
    hints = _rename_hints(optional, extra)
    if hints:
        plan.warnings.append(f"{hints} If so, say it with --map; else the column stays empty")
    plan.not_delivered = optional


def _rename_hints(missing: Sequence[str], extra: Sequence[str]) -> str:
    """`x may be total_amount.` for each delivered name that could be a missing column."""
    hints = []
    for name in extra:
        column = suggest(name, missing)
        if column:
            hints.append(f"{shown(name)} may be {column}.")
    return " ".join(hints)


def _listed(names: Sequence[str], most: int = 12) -> str:
    told = ", ".join(shown(name, 40) for name in names[:most])
    return told if len(names) <= most else f"{told} and {len(names) - most} more"
