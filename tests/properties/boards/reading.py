"""What stands on a page, read from its HTML with Python's own parser and no code of the boards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = frozenset({"meta", "input", "br", "link", "img", "line", "polyline"})


@dataclass
class Drawn:
    """A chart of a page: its marks as (key, value), its texts, and the styles of its marks."""

    title: str
    type: str
    marks: list[tuple[str, str]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    is_empty: bool = False

    @property
    def values(self) -> dict[str, str]:
        """Value by key; a key that stands twice would hide one of them."""
        assert len(dict(self.marks)) == len(self.marks), f"{self.title}: a key stands twice"
        return dict(self.marks)


class Page(HTMLParser):
    """The charts of a page in their order, and everything that it refers to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.charts: dict[str, Drawn] = {}
        self.links: list[str] = []
        self.elements: set[str] = set()
        self._open: list[str] = []
        self._chart: Drawn | None = None
        self._depth = 0
        self.feed(path.read_text(encoding="utf-8"))
        assert not self._open, f"{path}: {self._open} is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note marks and references."""
        values = {name: value or "" for name, value in attrs}
        self.elements.add(tag)
        self.links += [values[name] for name in ("href", "src", "action") if name in values]
        if tag == "section":
            self._chart = Drawn(values["data-title"], values["data-type"])
            assert self._chart.title not in self.charts
            self.charts[self._chart.title] = self._chart
        if self._chart and "data-value" in values:
            self._chart.marks.append((values["data-key"], values["data-value"]))
            self._chart.styles.append(values.get("style", ""))
        if self._chart and values.get("class") == "empty":
            self._chart.is_empty = True
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Elements are closed in their order."""
        assert self._open.pop() == tag
        if tag == "section":
            self._chart = None

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A line of a drawing."""
        del attrs
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        """Texts of the chart, without the query below it."""
        if self._chart and "details" not in self._open and data.strip():
            self._chart.texts.append(data.strip())


def pages(site: Path) -> Iterator[tuple[Path, Page]]:
    """Every page of the site."""
    for path in sorted(site.glob("*.html")):
        yield path, Page(path)
