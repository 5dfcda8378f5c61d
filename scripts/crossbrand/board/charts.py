"""The forms of charts, as HTML that needs no script: bars, lines, columns, heat maps, tables.

Everything is laid out in percentages of its card, so a phone gets the same picture with the same
letters and no shrunken copy. Colours are variables of the style sheet, which has them for light and
for dark. Each mark carries the exact value of the mart in `data-value`, which the tests compare.
"""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from crossbrand.board.definition import Chart, Words
from crossbrand.board.numbers import (
    MONEY,
    NOTHING,
    NUMERIC,
    exact,
    ticks,
    write,
    write_short,
)

HIDDEN = "too few people to be shown, or nothing to divide by"
# The share of a colour at which letters on it are still read with ease, and where it begins.
FAINT, FULL = 8.0, 86.0
# Where the number of a part of a bar has room within it, in percent of the bar's track.
ROOM, ROOM_ON_A_PHONE = 15.0, 36.0

Row = dict[str, Any]

COLOURS = 8
# So many columns keep all their labels and figures on a phone.
FEW = 6
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 2", "12 4", "6 2 1 2")


@dataclass(frozen=True)
class Look:
    """What charts share: the words, the names of the brands and the currency of amounts."""

    words: Words
    brands: dict[str, str]
    currency: str
    least_group: int = 1

    def word(self, value: Any) -> str:
        """A value of a vocabulary, in plain words."""
        if value is None:
            return "–"
        text = str(value)
        if text in self.words.labels:
            return self.words.labels[text]
        if text in self.brands:
            return self.brands[text]
        return text.replace("_", " ").capitalize()

    def write(self, value: Any, form: str, *, with_currency: bool = False) -> str:
        """A value in its form."""
        if form == "word":
            return self.word(value)
        if form == "words" and value is not None:
            return ", ".join(self.word(part) for part in str(value).split(",")) or "–"
        return write(value, form, self.currency if with_currency else "")

    def sort(self, values: Iterable[Any], order: str) -> list[Any]:
        """Distinct values, by meaning where the words have an order, else as they came."""
        distinct = list(dict.fromkeys(values))
        if not order:
            places = {brand: number for number, brand in enumerate(self.brands)}
            if any(value in places for value in distinct):
                return sorted(distinct, key=lambda value: places.get(value, len(places)))
            return distinct
        known = {value: number for number, value in enumerate(self.words.orders[order])}
        return sorted(distinct, key=lambda value: known.get(str(value), len(known)))

    def colours(self, kinds: Sequence[Any]) -> dict[Any, int]:
        """A colour for each series: its own, or its brand's, else the next that is free."""
        places = {brand: number for number, brand in enumerate(self.brands)}
        own = {
            kind: self.words.colours.get(str(kind), places.get(kind, -1) % COLOURS + 1)
            for kind in kinds
            if str(kind) in self.words.colours or kind in places
        }
        free = [colour for colour in range(1, COLOURS + 1) if colour not in own.values()]
        rest = [kind for kind in kinds if kind not in own]
        spare = free or list(range(1, COLOURS + 1))
        return own | {kind: spare[number % len(spare)] for number, kind in enumerate(rest)}


def draw(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    """The chart's body; a sentence where there is nothing to draw."""
    if not rows or (chart.type == "tiles" and all(v is None for v in rows[0].values())):
        return f'<p class="empty">{_text(chart.empty)}</p>'
    return _FORMS[chart.type](chart, rows, look)


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)


def _data(value: Any, *key: Any) -> str:
    name = "|".join(exact(part) for part in key)
    return f'data-key="{_text(name)}" data-value="{_text(exact(value))}"'


def _remark(value: Any) -> str:
    """The small print beside a figure: a count with its commas, or a word."""
    return _text(write(value, "count") if isinstance(value, int) else value or "")


def _tiles(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    parts = []
    for field in chart.fields:
        value = rows[0][field.column]
        change = rows[0].get(field.change) if field.change else None
        parts.append(
            f'<div class="tile"><div class="tile-label">{_text(field.label)}</div>'
            f'<div class="tile-value" {_data(value, field.column)}>'
            f"{_number(look, value, field.format)}</div>"
            f'<div class="tile-note">{_change(change)}{_text(field.note)}</div></div>'
        )
    return f'<div class="tiles">{"".join(parts)}</div>'


def _number(look: Look, value: Any, form: str) -> str:
    text = _text(look.write(value, form))
    unit = look.currency if form in MONEY and value is not None else ""
    return f'{text} <span class="unit">{_text(unit)}</span>' if unit else text


def _change(value: Any) -> str:
    if value is None:
        return ""
    sign, kind = ("▲", "up") if value > 0 else ("▼", "down") if value < 0 else ("■", "same")
    return f'<span class="{kind}">{sign} {_text(write(abs(value), "share"))}</span> '


def _facts(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    parts = [
        f"<dt>{_text(field.label)}</dt>"
        f"<dd {_data(rows[0][field.column], field.column)}>"
        f"{_number(look, rows[0][field.column], field.format)}</dd>"
        for field in chart.fields
    ]
    return f'<dl class="facts">{"".join(parts)}</dl>'


def _table(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    heads, largest = [], {}
    for field in chart.fields:
        unit = f" ({look.currency})" if field.format in MONEY else ""
        side = ' class="number"' if field.format in NUMERIC else ""
        heads.append(f'<th scope="col"{side}>{_text(field.label + unit)}</th>')
        if field.bar:
            values = [float(row[field.column] or 0) for row in rows]
            largest[field.column] = max(values, default=0) or 1
    lines = []
    for number, row in enumerate(rows):
        cells = []
        for field in chart.fields:
            value = row[field.column]
            side = " class=number" if field.format in NUMERIC else ""
            side = " class=whole" if field.format in ("date", "month") else side
            side = " class=list" if field.format == "words" else side
            bar = ""
            if field.bar and value:
                share = max(0.0, float(value) / largest[field.column])
                bar = f'<span class="cell-bar" style="--share:{share:.3f}"></span>'
            cells.append(
                f"<td{side} {_data(value, number, field.column)}>{bar}"
                f"<span>{_text(look.write(value, field.format))}</span></td>"
            )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll" tabindex="0"><table class="rows"><thead><tr>{"".join(heads)}</tr>'
        f"</thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _bars(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    form = chart.option("format", "count")
    label, value, series = chart.option("label"), chart.option("value"), chart.option("series")
    labels = look.sort((row[label] for row in rows), chart.option("order"))
    kinds = look.sort((row[series] for row in rows), chart.option("series_order")) if series else []
    totals = dict.fromkeys(labels, 0.0)
    for row in rows:
        totals[row[label]] += float(row[value] or 0)
    low, high = min(0.0, *totals.values()), max(0.0, *totals.values())
    span = (high - low) or 1
    paint = look.colours(kinds)
    lines = []
    for name in labels:
        own = [row for row in rows if row[label] == name]
        pieces, at = [], (0.0 - low) / span * 100
        for row in sorted(own, key=lambda row: kinds.index(row[series]) if series else 0):
            amount = float(row[value] or 0)
            size = abs(amount) / span * 100
            start = at if amount >= 0 else at - size
            if series:
                at += size
            colour = paint[row[series]] if series else 1
            said = look.write(row[value], form, with_currency=True)
            names = [look.word(row[series])] if series else []
            title = ": ".join([*names, said])
            kind = f' data-series="{colour}"' if series else ""
            key = (name, row[series]) if series else (name,)
            inner = ""
            if series and size >= ROOM:
                narrow = "" if size >= ROOM_ON_A_PHONE else " class=thin"
                inner = f"<b{narrow}>{_text(look.write(row[value], form))}</b>"
            pieces.append(
                f'<span class="bar c{colour}"{kind} style="left:{start:.2f}%;width:{size:.2f}%" '
                f'title="{_text(title)}" {_data(row[value], *key)}>{inner}</span>'
            )
        total = sum((row[value] or 0 for row in own), start=type(own[0][value] or 0)(0))
        remark = chart.option("remark")
        aside = f" <small>{_remark(own[0][remark])}</small>" if remark else ""
        lines.append(
            f'<div class="bar-row"><div class="bar-label">'
            f"{_text(look.write(name, chart.option('label_format', 'word')))}</div>"
            f'<div class="bar-track">{"".join(pieces)}</div>'
            f'<div class="bar-value">{_text(look.write(total, form))}{aside}</div></div>'
        )
    unit = f'<p class="axis-unit right">{_text(look.currency)}</p>' if form in MONEY else ""
    return _legend(look, kinds) + f'{unit}<div class="bars">{"".join(lines)}</div>'


def _legend(look: Look, kinds: Sequence[Any], *, dashed: bool = False) -> str:
    if not kinds:
        return ""
    parts = []
    for position, (kind, colour) in enumerate(look.colours(kinds).items()):
        if dashed:
            dash = DASHES[position % len(DASHES)]
            swatch = (
                f'<svg class="swatch-line" viewBox="0 0 28 8" aria-hidden="true">'
                f'<line x1="0" y1="4" x2="28" y2="4" class="s{colour}" stroke-dasharray="{dash}"/>'
                "</svg>"
            )
        else:
            swatch = f'<span class="swatch c{colour}"></span>'
        parts.append(f"<li>{swatch}{_text(look.word(kind))}</li>")
    return f'<ul class="legend">{"".join(parts)}</ul>'


def _x_label(value: Any, form: str, look: Look, before: Any) -> str:
    """A tick of the x axis: months with their year only where it changes."""
    if form == "month" and isinstance(value, dt.date):
        with_year = not isinstance(before, dt.date) or before.year != value.year
        year = f"<br><b>{value.year}</b>" if with_year else ""
        return f"{value:%b}{year}"
    return _text(look.write(value, form))


def _whole_months(places: list[Any], form: str) -> list[Any]:
    """Months without a value have their place, too."""
    if form != "month" or not all(isinstance(place, dt.date) for place in places):
        return places
    numbers = [place.year * 12 + place.month - 1 for place in places]
    return [
        dt.date(number // 12, number % 12 + 1, 1)
        for number in range(min(numbers), max(numbers) + 1)
    ]


def _x_axis(places: Sequence[Any], form: str, look: Look, at: Callable[[int], float]) -> str:
    """At most sixteen labels where there is room, half of them on a phone.

    A few words all stay there, on two lines where they need them.
    """
    every = max(1, -(-len(places) // 16))
    wrapped = form in ("text", "word") and len(places) <= FEW
    width = f";width:{96 / len(places):.1f}%" if wrapped else ""
    parts: list[str] = []
    before = kept = None
    for number, place in enumerate(places):
        if number % every:
            continue
        thin = " thin" if (number // every) % 2 and len(places) > (FEW if wrapped else 4) else ""
        thin = " wrapped" if wrapped else thin
        shown = _x_label(place, form, look, before)
        if shown == _x_label(place, form, look, place) != _x_label(place, form, look, kept):
            shown += f'<span class="phone"><br><b>{place.year}</b></span>'
        parts.append(
            f'<span class="x-tick{thin}" style="left:{at(number):.2f}%{width}">{shown}</span>'
        )
        before = place
        kept = kept if thin == " thin" else place
    return f'<div class="x-axis">{"".join(parts)}</div>'


def _frame(scale: Sequence[float], form: str, look: Look, inner: str, x_axis: str) -> str:
    low, span = scale[0], (scale[-1] - scale[0]) or 1
    lines, labels = [], []
    for tick in scale:
        up = (tick - low) / span * 100
        kind = " zero" if tick == 0 else ""
        lines.append(f'<i class="grid-line{kind}" style="bottom:{up:.2f}%"></i>')
        labels.append(
            f'<span class="y-tick" style="bottom:{up:.2f}%">{_text(write_short(tick, form))}</span>'
        )
    unit = f'<p class="axis-unit">{_text(look.currency)}</p>' if form in MONEY else ""
    return (
        f'{unit}<div class="plot"><div class="y-axis">{"".join(labels)}</div>'
        f'<div class="area">{"".join(lines)}{inner}</div>{x_axis}</div>'
    )


def _lines(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    form, x_form = chart.option("format", "count"), chart.option("x_format", "month")
    x, y, series = chart.option("x"), chart.option("y"), chart.option("series")
    places = sorted({row[x] for row in rows if row[x] is not None})
    kinds = look.sort((row[series] for row in rows), chart.option("order")) if series else [None]
    values = {(row[series] if series else None, row[x]): row[y] for row in rows}
    numbers = [float(value) for value in values.values() if value is not None]
    low, high = min(0.0, *numbers, 0.0), max(0.0, *numbers, 0.0)
    scale = ticks(low, high, whole=form in ("count", "days"))
    base, span = scale[0], (scale[-1] - scale[0]) or 1
    zero = chart.option("missing") == "zero"

    def across(number: int) -> float:
        return 50.0 if len(places) == 1 else 1 + number / (len(places) - 1) * 98

    paths, dots = [], []
    paint = look.colours(kinds)
    for position, kind in enumerate(kinds):
        colour = paint[kind] if series else 1
        drawn: list[list[str]] = [[]]
        for number, place in enumerate(places):
            value = values.get((kind, place))
            if value is None and zero:
                value = 0
            if value is None:
                drawn.append([])
                continue
            up = (float(value) - base) / span * 100
            drawn[-1].append(f"{across(number):.3f},{100 - up:.3f}")
            names = [look.word(kind)] if series else []
            title = ", ".join(
                [
                    *names,
                    f"{look.write(place, x_form)}: {look.write(value, form, with_currency=True)}",
                ]
            )
            key = (kind, place) if series else (place,)
            dots.append(
                f'<i class="dot c{colour}" style="left:{across(number):.2f}%;bottom:{up:.2f}%" '
                f'title="{_text(title)}" {_data(value, *key)}></i>'
            )
        dash = DASHES[position % len(DASHES)]
        paths += [
            f'<polyline class="s{colour}" points="{" ".join(points)}" stroke-dasharray="{dash}"/>'
            for points in drawn
            if len(points) > 1
        ]
    inner = (
        '<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(paths)}</svg>{''.join(dots)}"
    )
    frame = _frame(scale, form, look, inner, _x_axis(places, x_form, look, across))
    return (_legend(look, kinds, dashed=True) if series else "") + frame


def _columns(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    form, x_form = chart.option("format", "count"), chart.option("x_format", "word")
    x, y, series = chart.option("x"), chart.option("y"), chart.option("series")
    places = _whole_months(look.sort((row[x] for row in rows), chart.option("x_order")), x_form)
    kinds = look.sort((row[series] for row in rows), chart.option("order")) if series else [None]
    paint = look.colours(kinds)
    totals = dict.fromkeys(places, 0.0)
    for row in rows:
        totals[row[x]] += max(0.0, float(row[y] or 0))
    labelled = not series and len(places) <= 12
    # A figure stands above its column: the highest one needs room for it.
    top = max(totals.values()) * (1.08 if labelled else 1)
    scale = ticks(0.0, top, whole=form in ("count", "days"))
    high = scale[-1]
    width = 100 / len(places)
    pieces = []
    for number, place in enumerate(places):
        up = 0.0
        own = [row for row in rows if row[x] == place]
        for row in sorted(own, key=lambda row: kinds.index(row[series]) if series else 0):
            value = row[y]
            size = max(0.0, float(value or 0)) / high * 100
            colour = paint[row[series]] if series else 1
            names = [look.word(row[series])] if series else []
            said = look.write(value, form, with_currency=True)
            title = ", ".join([*names, f"{look.write(place, x_form)}: {said}"])
            key = (row[series], place) if series else (place,)
            pieces.append(
                f'<i class="column c{colour}" style="left:{number * width + width * 0.1:.2f}%;'
                f'width:{width * 0.8:.2f}%;bottom:{up:.2f}%;height:{size:.2f}%" '
                f'title="{_text(title)}" {_data(value, *key)}></i>'
            )
            if labelled:
                many = "" if len(places) <= FEW else " thin"
                pieces.append(
                    f'<span class="column-value{many}" style="left:{(number + 0.5) * width:.2f}%;'
                    f'bottom:{size:.2f}%">{_text(look.write(value, form))}</span>'
                )
            up += size
    x_axis = _x_axis(places, x_form, look, lambda number: (number + 0.5) * width)
    return (_legend(look, kinds) if series else "") + _frame(
        scale, form, look, "".join(pieces), x_axis
    )


def _heatmap(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    form = chart.option("format", "count")
    row_key, column_key, value = chart.option("row"), chart.option("column"), chart.option("value")
    row_form = chart.option("row_format", "word")
    column_form = chart.option("column_format", "word")
    remark = chart.option("remark")
    down = look.sort((row[row_key] for row in rows), chart.option("row_order"))
    across = look.sort((row[column_key] for row in rows), chart.option("column_order"))
    across = _whole_months(across, column_form)
    if chart.options.get("whole_order"):
        down = list(look.words.orders.get(chart.option("row_order"), down))
        across = list(look.words.orders.get(chart.option("column_order"), across))
    cells = {(row[row_key], row[column_key]): row for row in rows}
    quiet = bool(chart.options.get("quiet_diagonal"))
    strong = [
        float(row[value])
        for row in rows
        if row[value] is not None and not (quiet and row[row_key] == row[column_key])
    ]
    high = max(*strong, float(chart.option("full_at", "0")), 0.0) or 1
    least = look.least_group if chart.options.get("few") else 0
    before = None
    heads = []
    for name in across:
        shown = _x_label(name, column_form, look, before)
        before = name
        heads.append(f'<th scope="col">{shown}</th>')
    lines = []
    for name in down:
        drawn = []
        for other in across:
            cell = cells.get((name, other))
            if cell is None:
                drawn.append('<td class="blank"></td>')
                continue
            if cell[value] is None:
                drawn.append(f'<td class="blank few" title="{HIDDEN}">{NOTHING}</td>')
                continue
            if 0 < cell[value] < least:
                said = f"fewer than {least} people"
                drawn.append(
                    f'<td class="few" title="{said}" {_data(None, name, other)}>&lt;{least}</td>'
                )
                continue
            share = max(0.0, min(1.0, float(cell[value]) / high))
            calm = quiet and name == other
            kind = "calm" if calm else "warm"
            hot = f"{FAINT + share * (FULL - FAINT):.0f}%"
            heat = f' style="--heat:{hot}"' if share and not calm else ""
            aside = f"<small>{_remark(cell[remark])}</small>" if remark else ""
            said = look.write(cell[value], form, with_currency=True)
            title = f"{look.write(name, row_form)}, {look.write(other, column_form)}: {said}"
            drawn.append(
                f'<td class="cell {kind}"{heat} title="{_text(title)}" '
                f"{_data(cell[value], name, other)}>{_text(look.write(cell[value], form))}"
                f"{aside}</td>"
            )
        lines.append(
            f'<tr><th scope="row">{_text(look.write(name, row_form))}</th>{"".join(drawn)}</tr>'
        )
    corner = _text(chart.option("row_title"))
    figures = [look.write(row[value], form) for row in rows]
    # Heads break between words, figures do not.
    names = [] if column_form == "month" else [look.write(name, column_form) for name in across]
    needed = max(
        2.8 if column_form == "month" else 2.3,
        0.45 * max(len(part) for name in [*names, ""] for part in f"{name} ".split(" ")) + 0.6,
        0.52 * max(len(figure) for figure in figures) + 0.6,
    )
    # The names of the rows: whole where there is room, between their words on a phone.
    sides = [look.write(name, row_form) for name in down] + [chart.option("row_title")]
    narrow = min(20, max(len(part) for one in sides for part in one.split(" ")))
    side = max(narrow, min(15, max(len(one) for one in sides)))
    over = chart.option("column_title")
    band = (
        '<tr class="band"><th class="corner"></th>'
        f'<th colspan="{len(across)}">{_text(over)}</th></tr>'
        if over
        else ""
    )
    unit = f'<p class="axis-unit">{_text(look.currency)}</p>' if form in MONEY else ""
    return (
        f'{unit}<div class="scroll" tabindex="0"><table class="heat" '
        f'style="--side:{0.5 * side + 1:.1f}rem;--narrow:{0.5 * narrow + 1:.1f}rem;'
        f'--cells:{len(across) * needed:.1f}rem">'
        f"<thead>{band}"
        f'<tr><th class="corner">{corner}</th>{"".join(heads)}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _intervals(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    form = chart.option("format", "share")
    label, low, value, high = (chart.option(key) for key in ("label", "low", "value", "high"))
    least = min(0.0, *(float(row[low]) for row in rows))
    most = max(0.0, *(float(row[high]) for row in rows))
    scale = ticks(least, most)
    base, span = scale[0], (scale[-1] - scale[0]) or 1

    def at(number: Any) -> float:
        return (float(number) - base) / span * 100

    lines = []
    for row in rows:
        sure = row[low] > 0 or row[high] < 0
        span_text = f"{look.write(row[low], form)} to {look.write(row[high], form)}"
        lines.append(
            f'<div class="bar-row"><div class="bar-label">'
            f"{_text(look.write(row[label], chart.option('label_format', 'text')))}</div>"
            f'<div class="bar-track thin-track"><i class="zero-line" style="left:{at(0):.2f}%"></i>'
            f'<i class="whisker" style="left:{at(row[low]):.2f}%;'
            f'width:{at(row[high]) - at(row[low]):.2f}%"></i>'
            f'<i class="dot {"c3" if sure else "hollow"}" style="left:{at(row[value]):.2f}%" '
            f'title="{_text(span_text)}" {_data(row[value], row[label])}></i></div>'
            f'<div class="bar-value">{_text(look.write(row[value], form))} '
            f"<small>{_text(span_text)}</small></div></div>"
        )
    # Labels of a narrow track would run into each other: on a phone zero and the ends suffice.
    axis = "".join(
        f'<span class="x-tick{"" if tick in (scale[0], 0.0, scale[-1]) else " thin"}" '
        f'style="left:{at(tick):.2f}%">{_text(write_short(tick, form))}</span>'
        for tick in scale
    )
    return (
        f'<div class="bars wide-values">{"".join(lines)}<div class="bar-row">'
        f'<div class="bar-label"></div><div class="x-axis">{axis}</div><div></div></div></div>'
    )


_FORMS: dict[str, Callable[[Chart, Sequence[Row], Look], str]] = {
    "tiles": _tiles,
    "facts": _facts,
    "table": _table,
    "bars": _bars,
    "lines": _lines,
    "columns": _columns,
    "heatmap": _heatmap,
    "intervals": _intervals,
}
