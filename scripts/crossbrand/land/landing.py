"""Lands one delivered file: accounts for every record, and commits all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from crossbrand.contract import Feed
from crossbrand.land import drift, encodings, manifest, source
from crossbrand.land.commit import Incoming, landing_lock
from crossbrand.land.csv_header import read_header
from crossbrand.land.csv_reader import CsvReader
from crossbrand.land.csv_record import Dialect
from crossbrand.land.json_reader import JsonReader, NewKeysError
from crossbrand.land.mapping import Mapping
from crossbrand.land.model import Batch, FileRefusedError, Reject, Tally, counted, shown
from crossbrand.land.parquet_reader import ParquetReader
from crossbrand.land.place import LANDING_VERSION, Place, landed_name
from crossbrand.land.plan import Plan, known_names, make_plan
from crossbrand.land.sink import Counts, Sink

CSV, JSONL, PARQUET = "csv", "jsonl", "parquet"
FORMATS = (CSV, JSONL, PARQUET)

LANDED, WOULD_LAND, REFUSED, SKIPPED = "landed", "would land", "refused", "skipped"

# Unless --max-rejected says another share: so much of a file may be rejected, and so few bad lines
# are never taken as a sign that a whole file was read the wrong way.
MAX_REJECTED = 0.5
FEW_REJECTS = 10

JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
CSV_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")


@dataclass(frozen=True)
class Options:
    """What the user said. Empty texts are to be found out from the file itself."""

    feed: Feed
    place: Place
    mapping: Mapping = field(default_factory=Mapping)
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    escape: str = ""
    manifest: Path | None = None
    max_rejected: float | None = None
    allow_missing: bool = False
    accept_drift: bool = False
    replace: bool = False
    skip_landed: bool = False
    dry_run: bool = False


@dataclass
class Outcome:
    """What became of one file. `target` is the landed file, relative to the landing root."""

    file: str
    state: str
    message: str = ""
    about: str = ""
    target: str = ""
    physical: int = 0
    counts: Counts = field(default_factory=Counts)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class _Read:
    """One pass over a file that came to its end."""

    plan: Plan
    names: list[str]
    counts: Counts
    physical: int
    blank: int
    about: dict[str, Any]
    described: str
    head: pa.Table | None
    types: dict[str, str] = field(default_factory=dict)


class _OtherEncodingError(Exception):
    """The pass found lines that are no UTF-8 and tell another encoding."""


def land_file(path: Path, name: str, options: Options, watch: source.Watch) -> Outcome:
    """Land one file. `name` is what it is called in _file; `watch` hears of each byte read, twice.

    A file that cannot be landed is an outcome, not an exception.
    """
    outcome = Outcome(name, REFUSED)
    try:
        _land(path, name, options, watch, outcome)
    except FileRefusedError as error:
        outcome.state, outcome.message = REFUSED, str(error)
    except OSError as error:
        outcome.state = REFUSED
        outcome.message = (
            f"{error.strerror or error}{f' ({error.filename})' if error.filename else ''}."
        )
    return outcome


def _land(path: Path, name: str, options: Options, watch: source.Watch, outcome: Outcome) -> None:
    before = path.stat()
    if before.st_size == 0:
        raise FileRefusedError("it is empty: it has not even a header.")
    sha256 = source.file_hash(path, watch)
    promise = manifest.find_promise(path, options.manifest)
    manifest.check_hash(promise, sha256)
    if _is_redelivered(sha256, options, outcome):
        return
    place = options.place
    landed_as = landed_name(name, sha256)
    incoming = None if options.dry_run else Incoming(place.root, landed_as)
    try:
        read = _read(path, name, options, watch, incoming, promise)
        after = path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise FileRefusedError("it changed while it was read. Land it when it is complete.")
        manifest.check_rows(promise, read.physical)
        if promise is not None:
            outcome.notes.append(promise.told())
        counts = read.counts
        if incoming is not None:
            _check_footers(incoming, counts)
        _check_sum(read)
        _refuse_if_misread(read, options)
        last = manifest.last_manifest(place)
        about = _describe(read, name, sha256, before.st_size, options, outcome, last)
        outcome.target = place.data(landed_as).as_posix()
        outcome.physical, outcome.counts, outcome.about = read.physical, counts, read.described
        if incoming is None:
            outcome.state = WOULD_LAND
            return
        about["data"] = outcome.target
        about["rejects"] = place.rejects(landed_as).as_posix() if counts.rejected else None
        _commit(incoming, landed_as, about, sha256, options, outcome)
    finally:
        if incoming is not None:
            incoming.abandon()


def _is_redelivered(sha256: str, options: Options, outcome: Outcome) -> bool:
    """Whether the very bytes have landed before and are to be left alone.

    Raises FileRefusedError where that is to be an error.
    """
    landed = manifest.find_landed(options.place, sha256)
    if landed is None or options.replace:
        elsewhere = manifest.find_landed_elsewhere(options.place, sha256)
        if elsewhere is not None:
            outcome.warnings.append(
                f"the same bytes have landed for feed {elsewhere.get('feed')}, brand "
                f"{elsewhere.get('brand')}: if that was a mistake, remove {elsewhere.get('data')}"
            )
        return False
    message = (
        f"the same bytes have landed before: {shown(landed.get('file'))} on "
        f"{landed.get('load_date')}, as {landed.get('data')}"
    )
    if options.skip_landed:
        outcome.state, outcome.message = SKIPPED, message + "."
        return True
    raise FileRefusedError(message + ". Nothing to do; to land them anew, say --replace.")


def _commit(
    incoming: Incoming,
    landed_as: str,
    about: dict[str, Any],
    sha256: str,
    options: Options,
    outcome: Outcome,
) -> None:
    place = options.place
    incoming.path("manifest.json").write_text(
        json.dumps(about, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )
    moves = {"rejects.parquet": place.rejects(landed_as)} if about["rejects"] else {}
    moves |= {
        "data.parquet": place.data(landed_as),
        "manifest.json": place.manifest(landed_as),
    }
    with landing_lock(place.root):
        # Somebody may have landed the same bytes since we looked.
        earlier = manifest.find_landed(place, sha256)
        if earlier is not None and not options.replace:
            raise FileRefusedError(
                "the same bytes were landed by another process at the same time."
            )
        removed = []
        if earlier is not None:
            stem = Path(str(earlier["data"])).stem
            old = Place(place.root, place.feed, place.brand, str(earlier["load_date"]))
            removed = [old.data(stem), old.rejects(stem), old.manifest(stem)]
        incoming.commit(moves, removed)
    outcome.state = LANDED


def _read(
    path: Path,
    name: str,
    options: Options,
    watch: source.Watch,
    incoming: Incoming | None,
    promise: manifest.Promise | None,
) -> _Read:
    with path.open("rb") as file:
        head = file.read(16)
    kind = options.format
    if head.startswith(source.PARQUET) and kind in ("", PARQUET):
        return _read_parquet(path, name, options, watch, incoming, promise)
    sample, compressed, complete = source.first_bytes(path)
    kind = kind or _text_format(path, sample)
    if kind == PARQUET:
        raise FileRefusedError("it is no Parquet: its first bytes are not PAR1. Deliver it again.")
    encoding = options.encoding or encodings.decide(sample, complete=complete)
    keys: list[str] = []
    while True:
        tally = Tally()

        def blocks(encoding: str = encoding, tally: Tally = tally) -> Iterator[bytes]:
            raw = source.raw_blocks(path, compressed, watch)
            text = source.one_kind_of_line_end(source.utf8_blocks(raw, encoding))
            return _counted(text, tally)

        try:
            if kind == CSV:
                read = _read_csv(blocks(), name, options, incoming, promise, tally)
            else:
                read = _read_json(blocks, keys, name, options, incoming, promise, tally)
        except _OtherEncodingError as other:
            encoding = str(other)
            continue
        except NewKeysError:
            keys = JsonReader([], Tally()).find_keys(blocks())
            continue
        told = not options.encoding and encoding not in ("utf-8", "ascii")
        read.about |= {"encoding": encoding, "compression": "gzip" if compressed else None}
        shown_name = encodings.shown_encoding(encoding)
        read.described += f", {shown_name}{' (found out)' if told else ''}"
        read.described += ", gzip" if compressed else ""
        return read


def _counted(blocks: Iterable[bytes], tally: Tally) -> Iterator[bytes]:
    """The same blocks; their line ends are counted on the way, which is all this knows of them."""
    last = b"\n"
    for block in blocks:
        if block:
            # numpy counts short lines many times as fast as bytes.count does.
            tally.counted_lines += int(np.count_nonzero(np.frombuffer(block, np.uint8) == 10))
            last = block[-1:]
            yield block
    tally.counted_lines += last != b"\n"


def _text_format(path: Path, sample: bytes) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    for suffix in reversed([suffix for suffix in suffixes if suffix != ".gz"]):
        if suffix in JSON_SUFFIXES:
            return JSONL
        if suffix in CSV_SUFFIXES:
            return CSV
        if suffix in PARQUET_SUFFIXES:
            return PARQUET
        break
    return JSONL if sample.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else CSV


def _read_csv(
    blocks: Iterator[bytes],
    name: str,
    options: Options,
    incoming: Incoming | None,
    promise: manifest.Promise | None,
    tally: Tally,
) -> _Read:
    dialect = Dialect(
        (options.delimiter or ",").encode(), options.quote.encode(), options.escape.encode()
    )
    header, rest = read_header(
        blocks,
        dialect,
        choose_delimiter=not options.delimiter,
        score=lambda names: known_names(names, options.feed, options.mapping),
        tally=tally,
    )
    manifest.check_header(promise, header.names)
    plan = make_plan(
        header.names, options.feed, options.mapping, allow_missing=options.allow_missing
    )
    reader = CsvReader(header.dialect, len(header.names), tally)
    with _sink(plan, name, header.names, options, incoming) as sink:
        for batch in reader.batches(rest, header.lines + 1):
            sink.write(batch)
    _reconsider_encoding(reader, options, sink.counts)
    delimiter = header.dialect.delimiter.decode()
    return _Read(
        plan=plan,
        names=header.names,
        counts=sink.counts,
        physical=tally.physical,
        blank=tally.blank_lines,
        about={"format": CSV, "delimiter": delimiter, "quote": options.quote},
        described=f"CSV with {_delimiter_name(delimiter)}",
        head=sink.head,
    )


def _read_json(
    blocks: Callable[[], Iterator[bytes]],
    keys: list[str],
    name: str,
    options: Options,
    incoming: Incoming | None,
    promise: manifest.Promise | None,
    tally: Tally,
) -> _Read:
    reader = JsonReader(keys, tally)
    batches = reader.batches(blocks())
    first: Batch | None = next(batches, None)
    while first is not None and not reader.keys:
        # Nothing but rejected lines so far: they wait for the first object, and so for the columns.
        following = next(batches, None)
        if following is None:
            break
        following.rejects[:0] = first.rejects
        first = following
    if first is None:
        raise FileRefusedError("it is empty: it has not a single line.")
    if not reader.keys:
        _refuse_no_object(first.rejects)
    names = list(reader.keys)
    manifest.check_header(promise, names)
    plan = make_plan(names, options.feed, options.mapping, allow_missing=options.allow_missing)
    with _sink(plan, name, names, options, incoming) as sink:
        sink.write(first)
        for batch in batches:
            sink.write(batch)
    _reconsider_encoding(reader, options, sink.counts)
    return _Read(
        plan=plan,
        names=names,
        counts=sink.counts,
        physical=tally.physical,
        blank=tally.blank_lines,
        about={"format": JSONL},
        described="JSON lines",
        head=sink.head,
    )


def _refuse_no_object(rejects: list[Reject]) -> None:
    if rejects and rejects[0].text.lstrip().startswith("["):
        raise FileRefusedError(
            "it is one JSON array, not JSON lines. Write one object on each line (jq -c '.[]')."
        )
    first = rejects[0] if rejects else None
    why = f" (line {first.line}: {first.detail})" if first else ""
    raise FileRefusedError(f"no line of it is a JSON object{why}. Is it JSON lines?")


def _read_parquet(
    path: Path,
    name: str,
    options: Options,
    watch: source.Watch,
    incoming: Incoming | None,
    promise: manifest.Promise | None,
) -> _Read:
    reader = ParquetReader(path)
    size = path.stat().st_size
    try:
        manifest.check_header(promise, reader.names)
        plan = make_plan(
            reader.names, options.feed, options.mapping, allow_missing=options.allow_missing
        )
        with _sink(plan, name, reader.names, options, incoming) as sink:
            for batch in reader.batches(lambda rows: watch(rows * size // max(reader.rows, 1))):
                sink.write(batch)
    finally:
        reader.close()
    return _Read(
        plan=plan,
        names=reader.names,
        counts=sink.counts,
        physical=reader.rows,
        blank=0,
        about={"format": PARQUET},
        described="Parquet",
        head=sink.head,
        types=reader.types,
    )


def _sink(
    plan: Plan, name: str, names: list[str], options: Options, incoming: Incoming | None
) -> Sink:
    data = incoming.path("data.parquet") if incoming else None
    rejects = incoming.path("rejects.parquet") if incoming else None
    if rejects is not None:
        rejects.unlink(missing_ok=True)  # of an earlier pass in another encoding
    return Sink(plan, options.place, name, names, data, rejects)


def _reconsider_encoding(reader: CsvReader | JsonReader, options: Options, counts: Counts) -> None:
    """Raise where the lines that are no UTF-8 are no mere damage but another encoding."""
    if options.encoding or not reader.bad_encoding or reader.saw_other_letters:
        return
    found = encodings.decide_by_lines(reader.bad_encoding, counts.landed + counts.rejected)
    if found != "utf-8":
        raise _OtherEncodingError(found)


def _check_footers(incoming: Incoming, counts: Counts) -> None:
    """What the written files say that they hold must be what was counted."""
    landed = int(pq.read_metadata(incoming.path("data.parquet")).num_rows)
    rejects = incoming.path("rejects.parquet")
    rejected = int(pq.read_metadata(rejects).num_rows) if rejects.exists() else 0
    if (landed, rejected) != (counts.landed, counts.rejected):
        raise FileRefusedError(
            f"{counts.landed:,} rows and {counts.rejected:,} rejects were to be written, and the "
            f"files hold {landed:,} and {rejected:,}. Nothing was landed; please report this."
        )


def _check_sum(read: _Read) -> None:
    """The invariant: physical records = landed + rejected."""
    accounted = read.counts.landed + read.counts.rejected
    if read.physical != accounted:
        raise FileRefusedError(
            f"it has {read.physical:,} physical records, and {accounted:,} are accounted for. "
            "Nothing was landed; please report this with the file."
        )


def _refuse_if_misread(read: _Read, options: Options) -> None:
    counts, share = read.counts, options.max_rejected
    few = FEW_REJECTS if share is None and counts.landed else 0
    if counts.rejected <= max(few, (MAX_REJECTED if share is None else share) * read.physical):
        return
    code, number = counts.by_reason.most_common(1)[0]
    first = counts.first_of[code]
    check = {
        "unconverted_value": "what --map says of the column",
        "mixed_line_ends": "how the file's lines end",
    }.get(code, "--delimiter, --quote and --encoding")
    raise FileRefusedError(
        f"{counts.rejected:,} of {counted(read.physical, 'record')} cannot be read, most for "
        f"{code} ({number:,}; line {first.line}: {first.detail}). Check {check}; "
        f"to {'land the rest' if counts.landed else 'keep the rejects'} all the same, say "
        "--max-rejected 1."
    )


def _describe(
    read: _Read,
    name: str,
    sha256: str,
    size: int,
    options: Options,
    outcome: Outcome,
    last: Any,
) -> dict[str, Any]:
    """The manifest, and the sentences of the report."""
    plan, counts = read.plan, read.counts
    forms = drift.forms_of_table(read.head, options.feed) if read.head is not None else {}
    outcome.notes += plan.notes
    outcome.warnings += plan.warnings
    if read.head is not None:
        outcome.warnings += drift.say_unreadable(read.head, options.feed)
    if last is None and plan.not_delivered:
        # From the second delivery on only what changed is told.
        outcome.notes.append(f"not delivered, so empty: {', '.join(plan.not_delivered)}")
    elif last is not None and last.get("sha256") != sha256:
        outcome.warnings += drift.compare(
            plan,
            last,
            options.feed,
            forms,
            read.types,
            accept=options.accept_drift,
            sparse=read.about["format"] == JSONL,
        )
    for column, number in sorted(counts.unconverted.items()):
        if number:
            required = next(item.required for item in plan.columns if item.name == column)
            fate = "their rows are rejected" if required else "they are empty now"
            outcome.warnings.append(
                f"{counted(number, 'value')} of {column} cannot be read as the mapping says: {fate}"
            )
    if read.blank:
        outcome.notes.append(f"{counted(read.blank, 'blank line')} left out")
    if not read.physical:
        outcome.warnings.append("it has a header and not a single record")
    return {
        "version": LANDING_VERSION,
        "feed": options.feed.name,
        "brand": options.place.brand,
        "load_date": options.place.load_date,
        "file": name,
        "sha256": sha256,
        "bytes": size,
        **read.about,
        "header": read.names,
        "columns": [*plan.delivered, *plan.constants],
        "extra_columns": plan.extra,
        "forms": forms,
        "types": read.types,
        "records": {
            "physical": read.physical,
            "landed": counts.landed,
            "rejected": counts.rejected,
            "blank_lines": read.blank,
        },
        "rejected_by_reason": dict(sorted(counts.by_reason.items())),
        "unconverted_values": {name: n for name, n in sorted(counts.unconverted.items()) if n},
    }


def _delimiter_name(delimiter: str) -> str:
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes", " ": "blanks"}
    return names.get(delimiter, shown(delimiter))
