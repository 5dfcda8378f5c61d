"""`crossbrand evaluate`: how well the stitching found the people known to be behind the records.

Two sets of groups of the same records are compared: the customers of `marts.customer_records` and
the people of the truth. A record without a customer (null) is a group of its own: it claims
nothing.

Everything is computed from the contingency table, one row per (customer, person) with the number n
of records they share, never from pairs of records, so millions of records take seconds.

Pairwise, over unordered pairs of records, as in Christen, Data Matching (2012), chapter 7:
    true pairs found = Σ C(n, 2) over (customer, person)
    precision = true pairs found / Σ C(records of the customer, 2)
    recall    = true pairs found / Σ C(records of the person, 2)
B-cubed (Bagga & Baldwin 1998; Amigó et al. 2009), averaged over records, so that a customer with a
thousand orders does not weigh a million:
    precision of a record = n / records of its customer
    recall of a record    = n / records of its person
F1 is the harmonic mean of the two averages. A claim about no pair at all is right: precision is 1
where nothing was linked, and recall is 1 where there was nothing to link.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crossbrand.errors import CrossbrandError
from crossbrand.paths import has_table, open_warehouse, quoted, require_tables

IntArray = npt.NDArray[np.int64]

RECORDS = "marts.customer_records"
BRANDS = "reference.brands"

# Where the two records of a pair lie. Across controllers a person is one only with consent at both.
SPANS = ("in one brand", "across brands of a controller", "across controllers")

# What the evidence and the reach are read from. A published warehouse has the marts only.
IDENTITY = {
    "records": "intermediate.int_identity__records",
    "observations": "intermediate.int_identity__observations",
    "identifiers": "intermediate.int_identity__identifiers",
    "nodes": "intermediate.int_identity__nodes",
    "consent_edges": "intermediate.int_identity__cross_controller_edges",
    "contact_names": "intermediate.int_identity__contact_names",
}


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1, each from 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class PairCounts:
    """Pairs of records: of one customer, of one person, of both; then what can be known of them.

    Told are the pairs of two records that both tell whose they are; reachable those of one person
    that a path of usable identifiers joins. Null where the warehouse lacks the identity models.
    """

    claimed: int
    true: int
    found: int
    told_claimed: int | None = None
    told_found: int | None = None
    reachable: int | None = None
    reachable_found: int | None = None

    @property
    def score(self) -> Score:
        """Pairwise precision and recall."""
        return Score(_share(self.found, self.claimed), _share(self.found, self.true))

    @property
    def told_precision(self) -> float | None:
        """Precision over the records that tell whose they are."""
        if self.told_claimed is None or self.told_found is None:
            return None
        return _share(self.told_found, self.told_claimed)

    @property
    def recall_limit(self) -> float | None:
        """The recall of a resolver that makes no mistake at all."""
        return None if self.reachable is None else _share(self.reachable, self.true)

    @property
    def reachable_recall(self) -> float | None:
        """Share of the pairs within reach that were found."""
        if self.reachable is None or self.reachable_found is None:
            return None
        return _share(self.reachable_found, self.reachable)


@dataclass(frozen=True)
class GroupScore:
    """B-cubed averages over the records of one group; the whole is their weighted mean."""

    group: str
    records: int
    precision: float
    recall: float


@dataclass(frozen=True)
class OverMerged:
    """A customer that holds the records of several people, and the identifiers that these share."""

    customer_id: str
    people: int
    records: int
    records_by_person: dict[str, int]
    shared_identifiers: list[str]


@dataclass(frozen=True)
class Split:
    """A person whose records lie with several customers, and what each piece is known by."""

    person_id: str
    customers: int
    records: int
    unlinked: int
    pieces: list[str]


@dataclass(frozen=True)
class Evaluation:
    """The whole result. Counts are of records unless the name says otherwise.

    `junk` counts the identifiers that the truth knows to be nobody's (placeholders, and the phones
    and mailboxes of shops), `junk_linking` those of them that link records all the same.
    """

    records: int
    unlinked: int
    without_truth: int
    not_in_warehouse: int
    customers: int
    people: int
    people_whole: int
    pairs: PairCounts
    bcubed: Score
    by_span: dict[str, PairCounts] = field(default_factory=dict)
    by_rule: list[GroupScore] = field(default_factory=list)
    by_feed: list[GroupScore] = field(default_factory=list)
    by_household: list[GroupScore] = field(default_factory=list)
    over_merged: list[OverMerged] = field(default_factory=list)
    split: list[Split] = field(default_factory=list)
    untold: int | None = None
    junk: int | None = None
    junk_linking: int | None = None

    @property
    def pairwise(self) -> Score:
        """Pairwise precision and recall over all records."""
        return self.pairs.score

    def to_json(self) -> str:
        """The result as JSON, with the derived figures."""
        document: dict[str, Any] = asdict(self)
        document["pairwise"] = asdict(self.pairwise) | {"f1": self.pairwise.f1}
        document["bcubed"]["f1"] = self.bcubed.f1
        document["recall_limit"] = self.pairs.recall_limit
        document["reachable_recall"] = self.pairs.reachable_recall
        document["told_precision"] = self.pairs.told_precision
        for span, pairs in self.by_span.items():
            document["by_span"][span] |= asdict(pairs.score)
        return json.dumps(document, indent=2, ensure_ascii=False)


def evaluate(warehouse: Path, truth: Path, *, worst: int = 5) -> Evaluation:
    """Compare the warehouse's customers with the truth in `truth`/records.parquet.

    `worst` is how many over-merged customers and split people are described. Raises CrossbrandError
    when the warehouse or the truth is missing or they have no record in common.
    """
    truth_file(truth, "records")
    with open_warehouse(warehouse) as connection:
        require_tables(connection, RECORDS)
        return _evaluate(connection, truth, worst)


def truth_file(truth: Path, name: str) -> Path:
    """The path of one file of the truth; raises CrossbrandError when it is not there."""
    path = truth / f"{name}.parquet"
    if not path.is_file():
        raise CrossbrandError(
            f"There is no {path}. `crossbrand generate` writes the truth beside the landing data; "
            "name its folder with --truth."
        )
    return path


def _evaluate(connection: duckdb.DuckDBPyConnection, truth: Path, worst: int) -> Evaluation:
    _load(connection, truth)
    counts = _row(
        connection,
        """
        select
            count(*) filter (where person_id is not null and is_in_warehouse),
            count(*) filter (where person_id is not null and is_in_warehouse and is_unlinked),
            count(*) filter (where person_id is null),
            count(*) filter (where not is_in_warehouse),
            count(distinct customer_id) filter (where person_id is not null)
        from matched
        """,
    )
    records, unlinked, without_truth, not_in_warehouse, customers = counts
    if not records:
        raise CrossbrandError(
            f"No record of {RECORDS} is in {truth / 'records.parquet'}: the truth belongs to other "
            "landing data. Build the sample again with the seed that the truth was written with."
        )
    people, whole = _row(
        connection,
        """
        select count(*), count(*) filter (where is_whole)
        from (
            select
                contingency.person_id,
                -- Whole: one customer holds every record of the person, and nobody else's.
                count(*) = 1 and bool_and(contingency.n = customer_sizes.n) as is_whole,
            from contingency
            inner join customer_sizes using (cluster_id)
            group by contingency.person_id
        )
        """,
    )
    by_span = _pairs_by_span(connection)
    [overall] = _group_scores(connection, "'all'")
    has_people = (truth / "people.parquet").is_file()
    junk, junk_linking = _junk(connection, truth)
    return Evaluation(
        records=records,
        unlinked=unlinked,
        without_truth=without_truth,
        not_in_warehouse=not_in_warehouse,
        customers=customers,
        people=people,
        people_whole=whole,
        pairs=_total(by_span.values()),
        bcubed=Score(overall.precision, overall.recall),
        by_span=by_span,
        by_rule=_group_scores(connection, "link_rule"),
        by_feed=_group_scores(connection, "feed"),
        by_household=_household_scores(connection, truth) if has_people else [],
        over_merged=_over_merged(connection, worst),
        split=_split(connection, worst),
        untold=_untold(connection),
        junk=junk,
        junk_linking=junk_linking,
    )


def _load(connection: duckdb.DuckDBPyConnection, truth: Path) -> None:
    """Lay down the temporary tables that every measure reads.

    matched: one row per record of the mart or the truth (of the feeds that the mart holds);
    scored: those that both know, with cluster_id (the customer, or the record itself where it has
    none) and controller_id; contingency, customer_sizes, person_sizes: numbers of records n.
    """
    truth_records = quoted(truth_file(truth, "records"))
    has_brands = has_table(connection, BRANDS)
    controller = "brands.controller_id" if has_brands else "'unknown'"
    brands = f"left join {BRANDS} as brands using (brand_id)" if has_brands else ""
    repeated = _row(
        connection,
        f"""
        select count(*) from (
            select feed, brand_id, record_id
            from read_parquet({truth_records})
            group by all
            having count(distinct person_id) > 1
        )
        """,
    )[0]
    if repeated:
        raise CrossbrandError(
            f"{truth / 'records.parquet'}: {repeated} records have more than one person. "
            "One row per feed, brand_id and record_id is expected."
        )
    connection.execute(
        f"""
        create or replace temp table matched as
        with
        truth_records as (
            select distinct feed, brand_id, record_id, person_id::varchar as person_id
            from read_parquet({truth_records})
            where person_id is not null and feed in (select distinct feed from {RECORDS})
        ),
        warehouse_records as (
            select feed, brand_id, record_id, customer_id, link_rule, true as is_found
            from {RECORDS}
        )
        select
            feed,
            brand_id,
            record_id,
            truth_records.person_id,
            warehouse_records.customer_id,
            coalesce(warehouse_records.link_rule, 'no customer') as link_rule,
            warehouse_records.customer_id is null as is_unlinked,
            coalesce(warehouse_records.is_found, false) as is_in_warehouse,
        from warehouse_records
        full join truth_records using (feed, brand_id, record_id);

        create or replace temp table scored as
        select
            matched.*,
            {controller} as controller_id,
            row_number() over () as record_number,
            coalesce('c ' || customer_id, concat_ws(' ', 'r', feed, brand_id, record_id))
                as cluster_id,
        from matched
        {brands}
        where person_id is not null and is_in_warehouse;

        create or replace temp table contingency as
        select cluster_id, person_id, count(*) as n from scored group by all;

        create or replace temp table customer_sizes as
        select cluster_id, sum(n)::bigint as n from contingency group by all;

        create or replace temp table person_sizes as
        select person_id, sum(n)::bigint as n from contingency group by all;
        """
    )


def _group_scores(
    connection: duckdb.DuckDBPyConnection, group: str, source: str = "scored"
) -> list[GroupScore]:
    """B-cubed precision and recall, averaged over the records of each value of an expression."""
    rows = connection.execute(
        f"""
        select
            coalesce({group}, 'unknown')::varchar as group_name,
            count(*) as records,
            -- Rounded: the last bits of a sum of fractions depend on the order of the rows.
            round(avg(contingency.n / customer_sizes.n), 9) as bcubed_precision,
            round(avg(contingency.n / person_sizes.n), 9) as bcubed_recall,
        from {source}
        inner join contingency using (cluster_id, person_id)
        inner join customer_sizes using (cluster_id)
        inner join person_sizes using (person_id)
        group by all
        order by records desc, group_name
        """
    ).fetchall()
    return [GroupScore(*row) for row in rows]


def _household_scores(connection: duckdb.DuckDBPyConnection, truth: Path) -> list[GroupScore]:
    people = quoted(truth_file(truth, "people"))
    source = f"""
        (
            select scored.*, people.household_type
            from scored
            left join (
                select person_id::varchar as person_id, household_type from read_parquet({people})
            ) as people using (person_id)
        ) as scored
    """
    return _group_scores(connection, "household_type", source)


def _has_identity(connection: duckdb.DuckDBPyConnection) -> bool:
    return all(has_table(connection, table) for table in IDENTITY.values())


def _pairs_by_span(connection: duckdb.DuckDBPyConnection) -> dict[str, PairCounts]:
    """The five counts of pairs for each of SPANS."""
    counts = {
        "claimed": _pairs(connection, "cluster_id"),
        "true": _pairs(connection, "person_id"),
        "found": _pairs(connection, "cluster_id, person_id"),
    }
    if _has_identity(connection):
        _load_reach(connection)
        counts["told_claimed"] = _pairs(connection, "cluster_id", "reached where is_told")
        counts["told_found"] = _pairs(connection, "cluster_id, person_id", "reached where is_told")
        counts["reachable"] = _pairs(connection, "reach_id", "reached")
        counts["reachable_found"] = _pairs(connection, "reach_id, cluster_id", "reached")
    return {
        span: PairCounts(**{name: by_span[n] for name, by_span in counts.items()})
        for n, span in enumerate(SPANS)
    }


def _pairs(
    connection: duckdb.DuckDBPyConnection, keys: str, source: str = "scored"
) -> tuple[int, int, int]:
    """Pairs of records with equal keys: in one brand, across brands, across controllers."""
    brand, controller, everywhere = (
        _row(
            connection,
            f"""
            select coalesce(sum(n * (n - 1) // 2), 0)
            from (select count(*) as n from {source} group by {keys}{narrower})
            """,
        )[0]
        for narrower in (", controller_id, brand_id", ", controller_id", "")
    )
    return brand, controller - brand, everywhere - controller


def _total(parts: Iterable[PairCounts]) -> PairCounts:
    """The sums over disjoint sets of pairs."""
    every = list(parts)

    def total(name: str) -> int | None:
        known = [count for part in every if (count := getattr(part, name)) is not None]
        return sum(known) if known else None

    return PairCounts(
        claimed=sum(part.claimed for part in every),
        true=sum(part.true for part in every),
        found=sum(part.found for part in every),
        told_claimed=total("told_claimed"),
        told_found=total("told_found"),
        reachable=total("reachable"),
        reachable_found=total("reachable_found"),
    )


def _load_reach(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay down `reached`: the scored records with reach_id, equal within reach, and is_told.

    Two records of a person are within reach of one another when a path of that person's own
    records and usable identifiers joins them: merge identifiers, e-mails of two controllers where
    consent lets them link, and for a record without any the order that it refers to. Beyond reach
    is, say, the guest who used another e-mail and no phone; so is what a device alone would join,
    since a device lends a customer to a record and never makes two people one.

    An identifier that the truth knows of several people (the family's card) is usable to a record
    only where the record has a name: through an identifier that is the person's alone and stands on
    one of their named contact records.

    Whose a record is, it tells (is_told) through the records it is tied to by identifiers that are
    the person's alone: these have a name, or nothing in common with anybody else. Without a name
    somewhere, a purchase on the family's card could be any of them; only luck gives it to the right
    one.
    """
    # Step by step: as one query of many branches it never ended in DuckDB 1.5.6 on 700,000 records,
    # every thread waiting for another.
    connection.execute(
        f"""
        create or replace temp table person_records as
        select
            scored.person_id,
            scored.record_number,
            scored.brand_id,
            scored.feed,
            scored.record_id,
            records.identifier_set_id,
            records.order_id,
        from scored
        inner join {IDENTITY["records"]} as records using (brand_id, feed, record_id);

        create or replace temp table usable as
        select observations.identifier_set_id, observations.identifier_id
        from {IDENTITY["observations"]} as observations
        inner join {IDENTITY["identifiers"]} as identifiers using (identifier_id)
        where identifiers.is_usable;

        create or replace temp table seen as
        select distinct person_records.person_id, identifier_set_id, usable.identifier_id
        from person_records
        inner join usable using (identifier_set_id);

        create or replace temp table truly_shared as
        select identifier_id, true as is_shared
        from seen
        group by identifier_id
        having count(distinct person_id) > 1;

        create or replace temp table known_by_name as
        select distinct seen.identifier_id, true as is_known
        from person_records
        inner join {IDENTITY["contact_names"]} as contact_names
            on person_records.brand_id = contact_names.brand_id
            and person_records.record_id = contact_names.contact_id
        inner join seen using (identifier_set_id)
        where person_records.feed = 'contacts';

        create or replace temp table told_sets as
        select seen.identifier_set_id, bool_or(known_by_name.is_known is not null) as is_named
        from seen
        left join truly_shared using (identifier_id)
        left join known_by_name using (identifier_id)
        where truly_shared.is_shared is null
        group by seen.identifier_set_id;

        create or replace temp table linking as
        select usable.identifier_set_id, usable.identifier_id
        from usable
        left join told_sets using (identifier_set_id)
        left join truly_shared using (identifier_id)
        where told_sets.is_named or truly_shared.is_shared is null;
        """
    )
    connection.execute(
        f"""
        create or replace temp table owned as
        select distinct person_records.person_id, linking.identifier_id
        from person_records
        inner join linking using (identifier_set_id);

        create or replace temp table consent_edges as
        select distinct
            nodes_a.identifier_id as identifier_a,
            nodes_b.identifier_id as identifier_b,
        from {IDENTITY["consent_edges"]} as edges
        inner join {IDENTITY["nodes"]} as nodes_a on edges.node_a = nodes_a.node_id
        inner join {IDENTITY["nodes"]} as nodes_b on edges.node_b = nodes_b.node_id;

        create or replace temp table own_links as
        select hash('record', record_number) as node_a, hash('record', record_number) as node_b
        from scored;

        create or replace temp table linked_sets as
        select distinct identifier_set_id, true as is_linked from linking;

        insert into own_links
        select
            hash('record', person_records.record_number),
            hash('record', orders.record_number),
        from person_records
        left join linked_sets using (identifier_set_id)
        inner join person_records as orders
            on person_records.person_id = orders.person_id
            and person_records.brand_id = orders.brand_id
            and person_records.order_id = orders.record_id
        inner join linked_sets as order_sets
            on orders.identifier_set_id = order_sets.identifier_set_id
        where
            person_records.feed <> 'orders'
            and orders.feed = 'orders'
            and linked_sets.is_linked is null;

        create or replace temp table reach_links as
        select * from own_links;

        insert into own_links
        select
            hash('record', person_records.record_number),
            hash('identifier', person_records.person_id, usable.identifier_id),
        from person_records
        inner join usable using (identifier_set_id)
        left join truly_shared using (identifier_id)
        where truly_shared.is_shared is null;

        insert into reach_links
        select
            hash('record', person_records.record_number),
            hash('identifier', person_records.person_id, linking.identifier_id),
        from person_records
        inner join linking using (identifier_set_id);

        -- Events and messages join identifiers too: a login joins a device and a contact.
        insert into reach_links
        select
            hash('set', owned.person_id, linking.identifier_set_id),
            hash('identifier', owned.person_id, owned.identifier_id),
        from owned
        inner join linking using (identifier_id);

        insert into reach_links
        select
            hash('identifier', owned_a.person_id, owned_a.identifier_id),
            hash('identifier', owned_b.person_id, owned_b.identifier_id),
        from consent_edges
        inner join owned as owned_a on consent_edges.identifier_a = owned_a.identifier_id
        inner join owned as owned_b
            on consent_edges.identifier_b = owned_b.identifier_id
            and owned_a.person_id = owned_b.person_id;
        """
    )
    _join(connection, "own_links", "part_id")
    _join(connection, "reach_links", "reach_id")
    connection.execute(
        """
        create or replace temp table told_parts as
        select
            own_links_joined.part_id,
            bool_or(known_by_name.is_known is not null) as is_named,
            bool_or(truly_shared.is_shared is not null) as is_tied,
            bool_or(usable.identifier_id is not null and truly_shared.is_shared is null)
                as has_own,
        from person_records
        inner join own_links_joined using (record_number)
        left join usable using (identifier_set_id)
        left join truly_shared using (identifier_id)
        left join known_by_name
            on case when truly_shared.is_shared is null then usable.identifier_id end
            = known_by_name.identifier_id
        group by own_links_joined.part_id;

        create or replace temp table reached as
        select
            scored.*,
            reach_links_joined.reach_id,
            coalesce(
                told_parts.has_own and (told_parts.is_named or not told_parts.is_tied), false
            ) as is_told,
        from scored
        inner join reach_links_joined using (record_number)
        inner join own_links_joined using (record_number)
        left join told_parts using (part_id)
        """
    )


def _join(connection: duckdb.DuckDBPyConnection, links: str, column: str) -> None:
    """Lay down `<links>_joined`: the scored records with the number of their component."""
    ends = connection.execute(f"select * from {links}").fetchnumpy()
    known, numbers = np.unique(
        np.concatenate([ends["node_a"], ends["node_b"]]), return_inverse=True
    )
    left, right = np.split(numbers.astype(np.int64), 2)
    labels = components(len(known), left, right)
    connection.register("joined_nodes", pa.table({"node": known, "label": labels}))
    connection.execute(
        f"""
        create or replace temp table {links}_joined as
        select scored.record_number, joined_nodes.label as {column}
        from scored
        inner join joined_nodes on hash('record', scored.record_number) = joined_nodes.node
        """
    )
    connection.unregister("joined_nodes")


def _untold(connection: duckdb.DuckDBPyConnection) -> int | None:
    """How many records do not tell whose they are; none where the identity models are missing."""
    if not _has_identity(connection):
        return None
    return _row(connection, "select count(*) from reached where not is_told")[0]


def _junk(
    connection: duckdb.DuckDBPyConnection, truth: Path
) -> tuple[int, int] | tuple[None, None]:
    """How many identifiers are nobody's, and how many of these link records."""
    if not (truth / "identifiers.parquet").is_file() or not _has_identity(connection):
        return None, None
    known, linking = _row(
        connection,
        f"""
        select count(*), count(nodes.identifier_value)
        from (
            select distinct identifier_type, identifier_value
            from read_parquet({quoted(truth_file(truth, "identifiers"))})
            where kind in ('placeholder', 'shop')
        ) as junk
        left join (
            select distinct identifier_type, identifier_value from {IDENTITY["nodes"]}
        ) as nodes using (identifier_type, identifier_value)
        """,
    )
    return known, linking


def _over_merged(connection: duckdb.DuckDBPyConnection, worst: int) -> list[OverMerged]:
    """The customers with the most people, and the usable identifiers that several of these have."""
    rows = connection.execute(
        """
        select
            substr(cluster_id, 3) as customer_id,
            count(*) as people,
            sum(n)::bigint as records,
            map_from_entries(list((person_id, n) order by n desc, person_id)),
        from contingency
        where cluster_id like 'c %'
        group by all
        having count(*) > 1
        order by people desc, records desc, customer_id
        limit ?
        """,
        [worst],
    ).fetchall()
    found = []
    for customer_id, people, records, by_person in rows:
        shared = [
            f"{kind} {value} ({number} people)"
            for kind, value, number in _shared_identifiers(connection, customer_id)
        ]
        found.append(OverMerged(customer_id, people, records, dict(by_person), shared))
    return found


def _shared_identifiers(
    connection: duckdb.DuckDBPyConnection, customer_id: str
) -> list[tuple[str, str, int]]:
    if not _has_identity(connection):
        return []
    return connection.execute(
        f"""
        select
            nodes.identifier_type,
            nodes.identifier_value,
            count(distinct scored.person_id) as people,
        from scored
        inner join {IDENTITY["records"]} as records using (brand_id, feed, record_id)
        inner join {IDENTITY["nodes"]} as nodes using (identifier_set_id)
        where scored.customer_id = ?
        group by nodes.identifier_type, nodes.identifier_value
        having people > 1
        order by people desc, nodes.identifier_type, nodes.identifier_value
        limit 5
        """,
        [customer_id],
    ).fetchall()


def _split(connection: duckdb.DuckDBPyConnection, worst: int) -> list[Split]:
    """The people with the most customers; every piece with its records and what it is known by."""
    rows = connection.execute(
        """
        select
            contingency.person_id,
            count(*) filter (where cluster_id like 'c %') as customers,
            person_sizes.n,
            count(*) filter (where cluster_id not like 'c %') as unlinked,
        from contingency
        inner join person_sizes using (person_id)
        group by all
        having customers > 1
        order by customers desc, person_sizes.n desc, contingency.person_id
        limit ?
        """,
        [worst],
    ).fetchall()
    found = []
    for person_id, customers, records, unlinked in rows:
        pieces = connection.execute(
            """
            select customer_id, count(*) as n, list(distinct feed order by feed)
            from scored
            where person_id = ? and customer_id is not null
            group by customer_id
            order by n desc, customer_id
            """,
            [person_id],
        ).fetchall()
        described = [
            f"{customer_id}: {n} record{'' if n == 1 else 's'} ({', '.join(feeds)})"
            + _known_by(connection, person_id, customer_id)
            for customer_id, n, feeds in pieces
        ]
        found.append(Split(person_id, customers, records, unlinked, described))
    return found


def _known_by(connection: duckdb.DuckDBPyConnection, person_id: str, customer_id: str) -> str:
    if not _has_identity(connection):
        return ""
    rows = connection.execute(
        f"""
        select nodes.identifier_type || ' ' || nodes.identifier_value as known_by
        from scored
        inner join {IDENTITY["records"]} as records using (brand_id, feed, record_id)
        inner join {IDENTITY["nodes"]} as nodes using (identifier_set_id)
        where scored.person_id = ? and scored.customer_id = ?
        group by all
        order by count(*) desc, known_by
        limit 3
        """,
        [person_id, customer_id],
    ).fetchall()
    return f", known by {', '.join(known_by for (known_by,) in rows)}" if rows else ""


def print_evaluation(result: Evaluation, console: Console) -> None:
    """The figures first, then where they come from, then the worst cases."""
    console.print(_overall_table(result))
    for sentence in _sentences(result):
        console.print(Text(sentence))
    for title, scores in (
        ("by rule that bound the record", result.by_rule),
        ("by household", result.by_household),
        ("by feed", result.by_feed),
    ):
        if scores:
            console.print(_group_table(title, scores))
    console.print(Text("\nCustomers that hold several people", style="bold"))
    for customer in result.over_merged:
        parts = ", ".join(f"{who}: {n}" for who, n in list(customer.records_by_person.items())[:6])
        _print_indented(console, 2, f"{customer.customer_id}  {customer.people} people  ({parts})")
        for shared in customer.shared_identifiers or ["no identifier in common: joined in a chain"]:
            _print_indented(console, 6, shared)
    if not result.over_merged:
        _print_indented(console, 2, "none")
    console.print(Text("\nPeople that are split over several customers", style="bold"))
    for person in result.split:
        _print_indented(
            console,
            2,
            f"{person.person_id}  {person.customers} customers, {person.records} records",
        )
        for piece in person.pieces:
            _print_indented(console, 6, piece)
    if not result.split:
        _print_indented(console, 2, "none")


def _print_indented(console: Console, indent: int, text: str) -> None:
    style = "dim" if indent > 2 else ""
    console.print(Padding(Text(text, style=style), (0, 0, 0, indent)))


def _overall_table(result: Evaluation) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left", header_style="dim")
    table.title = (
        f"[bold]Stitching against the truth[/]: {result.records:,} records of "
        f"{result.people:,} people in {result.customers:,} customers"
    )
    table.add_column("", min_width=32)
    for heading in ("precision", "recall", "F1", "within reach", "true pairs"):
        table.add_column(heading, justify="right")

    def add(name: str, score: Score, pairs: PairCounts | None) -> None:
        limit = pairs.recall_limit if pairs else None
        table.add_row(
            name,
            *(f"{figure:.4f}" for figure in (score.precision, score.recall, score.f1)),
            "" if limit is None else f"{limit:.4f}",
            f"{pairs.true:,}" if pairs else "",
        )

    add("pairs of records", result.pairwise, result.pairs)
    for span, pairs in result.by_span.items():
        add(f"  {span}", pairs.score, pairs)
    add("records (B-cubed)", result.bcubed, None)
    return table


def _sentences(result: Evaluation) -> list[str]:
    sentences = [
        f"{result.people_whole:,} of {result.people:,} people are found whole: one customer has "
        "all their records and nobody else's.",
        f"{result.unlinked:,} records have no customer. {result.not_in_warehouse:,} records of the "
        f"truth are not in the warehouse, {result.without_truth:,} the other way round.",
    ]
    if result.pairs.reachable_recall is None:
        sentences.append(
            "How much is within reach is not known: the warehouse holds the marts only."
        )
    else:
        sentences.append(
            "Within reach are the pairs that a path of usable identifiers joins, where consent "
            "lets it across controllers; an identifier of several people is usable to a named "
            f"record only. {result.pairs.reachable_recall:.2%} of them were found."
        )
        sentences.append(
            f"{result.untold:,} records do not tell whose they are: they carry nothing, or are "
            "tied to what several people use and to no name. Between the others the precision of a "
            f"pair is {result.pairs.told_precision:.4%}."
        )
    if result.junk is not None:
        sentences.append(
            f"Of {result.junk:,} identifiers that are nobody's (placeholders, and the phones and "
            f"mailboxes of shops) {result.junk_linking:,} link records."
        )
    return sentences


def _group_table(title: str, scores: Sequence[GroupScore]) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left", header_style="dim")
    table.title = f"\n[bold]{title}[/] [dim](B-cubed)[/]"
    table.add_column("", min_width=28)
    table.add_column("records", justify="right")
    table.add_column("precision", justify="right")
    table.add_column("recall", justify="right")
    for score in scores:
        table.add_row(
            score.group, f"{score.records:,}", f"{score.precision:.4f}", f"{score.recall:.4f}"
        )
    return table


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = connection.execute(sql).fetchone()
    return tuple(int(value) for value in row) if row else ()


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def components(nodes: int, left: IntArray, right: IntArray) -> IntArray:
    """Connected components of an undirected graph: for each node the least node of its component.

    `left` and `right` hold the ends of the edges, numbers from 0 to `nodes` - 1. Each round gives
    both ends the lesser label and jumps to the label's own label, until nothing changes.
    """
    labels = np.arange(nodes, dtype=np.int64)
    while True:
        lesser = np.minimum(labels[left], labels[right])
        changed = labels.copy()
        # The label of the label is lowered too, so that a whole tree hangs over in one round.
        for ends in (labels[left], labels[right], left, right):
            np.minimum.at(changed, ends, lesser)
        changed = changed[changed]
        if np.array_equal(changed, labels):
            return labels
        labels = changed
