"""What a board is: a file in boards/ with a title, a question and charts, each a query and a form.

Everything that can be wrong with a file is said with its name, the chart and the mend, before a
query is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from crossbrand.board.numbers import FORMATS
from crossbrand.errors import CrossbrandError

WIDTHS = {"third": 4, "half": 6, "two thirds": 8, "full": 12}

# What each form needs and takes besides what is common to all.
FORMS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "tiles": (frozenset({"fields"}), frozenset()),
    "facts": (frozenset({"fields"}), frozenset()),
    "table": (frozenset({"fields"}), frozenset()),
    "lines": (
        frozenset({"x", "y"}),
        frozenset({"series", "format", "x_format", "order", "missing"}),
    ),
    "columns": (
        frozenset({"x", "y"}),
        frozenset({"series", "format", "x_format", "order", "x_order"}),
    ),
    "bars": (
        frozenset({"label", "value"}),
        frozenset({"series", "format", "label_format", "order", "series_order", "remark"}),
    ),
    "heatmap": (
        frozenset({"row", "column", "value"}),
        frozenset(
            {
                "format", "row_format", "column_format", "row_order", "column_order",
                "row_title", "column_title", "remark", "quiet_diagonal", "whole_order",
                "few", "full_at",
            }
        ),
    ),
    "intervals": (
        frozenset({"label", "low", "value", "high"}),
        frozenset({"format", "label_format"}),
    ),
}  # fmt: skip
COMMON = frozenset({"type", "title", "note", "width", "query", "source", "empty", "dash"})
FIELD_KEYS = frozenset({"column", "label", "format", "note", "change", "bar"})
SOURCES = ("marts", "stitching")


@dataclass(frozen=True)
class Field:
    """A column that tiles, facts and tables show. `change` is a column with a share of change."""

    column: str
    label: str
    format: str = "text"
    note: str = ""
    change: str = ""
    bar: bool = False


@dataclass(frozen=True)
class Chart:
    """One picture: a query, and how its rows are shown."""

    type: str
    title: str
    query: str
    note: str = ""
    width: int = 12
    source: str = "marts"
    empty: str = "Nothing to show yet."
    dash: str = ""
    fields: tuple[Field, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def option(self, name: str, default: str = "") -> str:
        """A text option of the form."""
        return str(self.options.get(name) or default)


@dataclass(frozen=True)
class Board:
    """One page. `choose` lists the subjects of a page that is about one of them."""

    name: str
    title: str
    question: str
    charts: tuple[Chart, ...]
    choose: str = ""


@dataclass(frozen=True)
class Words:
    """How values are called, coloured and ordered: boards/_words.yml."""

    labels: Mapping[str, str]
    colours: Mapping[str, int]
    orders: Mapping[str, Sequence[str]]


def load_boards(folder: Path) -> tuple[Board, ...]:
    """Every board of the folder, in the order of the file names.

    Raises CrossbrandError with file, chart and mend where a definition cannot be used.
    """
    files = [path for path in sorted(folder.glob("*.yml")) if not path.name.startswith("_")]
    if not files:
        raise CrossbrandError(
            f"There is no board in {folder}. A board is a file such as {folder}/mine.yml; "
            "docs/boards.md says what stands in it."
        )
    orders = load_words(folder).orders
    return tuple(_board(path, orders) for path in files)


def load_words(folder: Path) -> Words:
    """The words of boards/_words.yml; none where there is no such file."""
    path = folder / "_words.yml"
    document = _read(path) if path.is_file() else {}
    return Words(
        labels={str(key): str(text) for key, text in (document.get("labels") or {}).items()},
        colours={str(key): int(n) for key, n in (document.get("colours") or {}).items()},
        orders={
            str(key): [str(value) for value in values]
            for key, values in (document.get("orders") or {}).items()
        },
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise CrossbrandError(f"{path} is no YAML: {error}") from error
    if not isinstance(document, Mapping):
        raise CrossbrandError(f"{path} must be a mapping with title, question and charts.")
    return document


def _board(path: Path, orders: Mapping[str, Sequence[str]]) -> Board:
    document = _read(path)
    unknown = sorted(set(document) - {"title", "question", "charts", "choose"})
    missing = [key for key in ("title", "question", "charts") if not document.get(key)]
    if unknown or missing:
        raise CrossbrandError(
            f"{path}: "
            + (f"{unknown[0]!r} is not known there." if unknown else f"{missing[0]!r} is missing.")
            + " A board has title, question, charts, and choose where it is about one subject."
        )
    # 20-rfm.yml is the board rfm: the number only orders the files.
    return Board(
        name=path.stem.split("-", 1)[-1],
        title=str(document["title"]),
        question=" ".join(str(document["question"]).split()),
        charts=tuple(_chart(path, entry, orders) for entry in document["charts"]),
        choose=str(document.get("choose") or ""),
    )


def _chart(path: Path, entry: Mapping[str, Any], orders: Mapping[str, Sequence[str]]) -> Chart:
    title = str(entry.get("title") or "")
    place = f"{path}, chart {title!r}"
    form = str(entry.get("type") or "")
    if form not in FORMS:
        raise CrossbrandError(f"{place}: type {form!r} is none of {', '.join(FORMS)}.")
    needed, taken = FORMS[form]
    if unknown := sorted(set(entry) - COMMON - needed - taken):
        raise CrossbrandError(
            f"{place}: {form} does not know {unknown[0]!r}; it takes "
            f"{', '.join(sorted(COMMON | needed | taken))}."
        )
    source = str(entry.get("source") or "marts")
    needed |= {"title"} | ({"query"} if source == "marts" else set())
    if missing := sorted(key for key in needed if not entry.get(key)):
        raise CrossbrandError(f"{place}: {form} needs {missing[0]!r}.")
    if source not in SOURCES:
        raise CrossbrandError(f"{place}: source {source!r} is none of {', '.join(SOURCES)}.")
    width = str(entry.get("width") or "full")
    if width not in WIDTHS:
        raise CrossbrandError(f"{place}: width {width!r} is none of {', '.join(WIDTHS)}.")
    for key in (key for key in needed | taken if key in entry and key.endswith("format")):
        _require_format(place, str(entry[key]))
    for key in (key for key in needed | taken if key in entry and key.endswith("order")):
        if key != "whole_order" and entry[key] not in orders:
            raise CrossbrandError(
                f"{place}: boards/_words.yml has no order {entry[key]!r}; it has "
                f"{', '.join(sorted(orders))}."
            )
    return Chart(
        type=form,
        title=title,
        query=str(entry.get("query") or "").strip(),
        note=" ".join(str(entry.get("note") or "").split()),
        width=WIDTHS[width],
        source=source,
        empty=" ".join(str(entry.get("empty") or Chart.empty).split()),
        dash=" ".join(str(entry.get("dash") or "").split()),
        fields=tuple(_field(place, item) for item in entry.get("fields") or ()),
        options={key: entry[key] for key in (needed | taken) - {"fields"} if key in entry},
    )


def _field(place: str, entry: Mapping[str, Any]) -> Field:
    if not isinstance(entry, Mapping) or not entry.get("column"):
        raise CrossbrandError(f"{place}: each of fields needs a column.")
    if unknown := sorted(set(entry) - FIELD_KEYS):
        raise CrossbrandError(
            f"{place}: a field does not know {unknown[0]!r}; it takes "
            f"{', '.join(sorted(FIELD_KEYS))}."
        )
    form = str(entry.get("format") or "text")
    _require_format(place, form)
    column = str(entry["column"])
    return Field(
        column=column,
        label=str(entry.get("label") or column.replace("_", " ").capitalize()),
        format=form,
        note=str(entry.get("note") or ""),
        change=str(entry.get("change") or ""),
        bar=bool(entry.get("bar")),
    )


def _require_format(place: str, name: str) -> None:
    if name not in FORMATS:
        raise CrossbrandError(f"{place}: format {name!r} is none of {', '.join(sorted(FORMATS))}.")
