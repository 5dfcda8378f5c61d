"""Pages: the frame around the charts. No script, and a policy that forbids any request."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crossbrand.board.charts import Look, Row, draw
from crossbrand.board.definition import Board, Chart

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"


@dataclass(frozen=True)
class Source:
    """What the pages were made of."""

    generation: str
    as_of_at: datetime | None
    built_at: datetime | None


@dataclass(frozen=True)
class Subject:
    """Somebody a page is about, and why they are on the list."""

    id: str
    why: str
    page: str


def board_page(
    board: Board,
    results: Sequence[Sequence[Row]],
    look: Look,
    source: Source,
    boards: Sequence[Board],
    style: str,
    *,
    subject: Subject | None = None,
    others: Iterable[Subject] = (),
    is_served: bool = False,
) -> str:
    """One board as a whole page; `results` are the rows of its charts, in their order."""
    cards = "".join(
        _card(chart, rows, look) for chart, rows in zip(board.charts, results, strict=True)
    )
    chooser = _chooser(board, subject, others, is_served) if subject else ""
    return _page(
        board.title,
        f"<header><h1>{_text(board.title)}</h1>"
        f'<p class="question">{_text(board.question)}</p>{chooser}</header>'
        f'<div class="cards">{cards}</div>',
        board.name,
        boards,
        source,
        style,
    )


def index_page(
    boards: Sequence[Board],
    headlines: Mapping[str, Sequence[tuple[str, str]]],
    source: Source,
    style: str,
) -> str:
    """The page that leads to all the others, each with its first figures."""
    cards = []
    for board in boards:
        figures = "".join(
            f"<li><b>{_text(figure)}</b> {_text(label)}</li>"
            for label, figure in headlines.get(board.name, ())
        )
        cards.append(
            f'<a class="door" href="{_text(board.name)}.html"><h2>{_text(board.title)}</h2>'
            f"<p>{_text(board.question)}</p><ul>{figures}</ul></a>"
        )
    return _page(
        "Boards",
        "<header><h1>One customer out of many brands</h1>"
        '<p class="question">What the group knows about its customers, without naming any of them.'
        f'</p></header><div class="doors">{"".join(cards)}</div>',
        "index",
        boards,
        source,
        style,
    )


FEW_PEOPLE = "{} stands for fewer than {} people, or for a figure that would tell of them."


def _dash(chart: Chart, body: str, look: Look) -> str:
    """Why something is not shown, where something is not."""
    told = []
    if ">–<" in body and chart.dash:
        told.append(
            FEW_PEOPLE.format("–", look.least_group) if chart.dash == "few" else f"– {chart.dash}."
        )
    if f">&lt;{look.least_group}<" in body:
        told.append(f"<{look.least_group}: fewer than {look.least_group} people.")
    return f'<p class="dash">{_text(" ".join(told))}</p>' if told else ""


def _card(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    body = draw(chart, rows, look)
    note = f'<p class="note">{_text(chart.note)}</p>' if chart.note else ""
    query = (
        f"<details><summary>Query</summary><pre>{_text(chart.query)}</pre></details>"
        if chart.query
        else ""
    )
    return (
        f'<section class="card w{chart.width}" data-type="{chart.type}" '
        f'data-title="{_text(chart.title)}"><h2>{_text(chart.title)}</h2>{note}'
        f'<div class="body">{body}{_dash(chart, body, look)}</div>{query}</section>'
    )


def _chooser(board: Board, subject: Subject, others: Iterable[Subject], is_served: bool) -> str:
    links = "".join(
        f'<a href="{_text(other.page)}"{" aria-current=page" if other.id == subject.id else ""}>'
        f"{_text(other.why)}</a>"
        for other in others
    )
    form = (
        f'<form action="{_text(board.name)}.html"><label>customer_id '
        f'<input name="id" value="{_text(subject.id)}" size="34" spellcheck="false"></label> '
        "<button>Show</button></form>"
        if is_served
        else ""
    )
    return (
        f'<p class="subject"><code>{_text(subject.id)}</code></p>'
        f'<nav class="chips" aria-label="Customers">{links}</nav>{form}'
    )


def _page(
    title: str, main: str, current: str, boards: Sequence[Board], source: Source, style: str
) -> str:
    doors = [("index", "Boards"), *((board.name, board.title) for board in boards)]
    links = "".join(
        f'<a href="{_text(name)}.html"{" aria-current=page" if name == current else ""}>'
        f"{_text(text)}</a>"
        for name, text in doors
    )
    as_of = f"{source.as_of_at:%-d %B %Y, %H:%M} UTC" if source.as_of_at else "no data"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f"<title>{_text(title)} · crossbrand</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f'<nav class="top" aria-label="Boards">{links}</nav>\n<main>{main}</main>\n'
        f"<footer>As of {_text(as_of)} · generation <code>{_text(source.generation)}</code> · "
        "pseudonymous: for colleagues, not for the public</footer>\n</body>\n</html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
