"""The pages in headless Chromium: silent, sealed off, legible; desk and phone, light and dark.

Collected where there is a Chromium; `scripts/browser` brings one where npm can be reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from tests.properties.boards.conftest import Site, find_chromium
from tests.properties.boards.reading import Page

BOARDS = ("index", "group", "rfm", "activity", "channels", "campaigns", "quality", "customer")
WIDTHS = (1280, 390)

# Runs in the page: what is drawn, and what is wrong with it. Contrast is WCAG's ratio.
LOOK = r"""
() => {
  const wrong = [];
  const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour) => {
    probe.clearRect(0, 0, 1, 1); probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
    return probe.getImageData(0, 0, 1, 1).data;
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (element) => {
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const charts = [...document.querySelectorAll('section.card')].map((card) => {
    const frame = card.getBoundingClientRect();
    const marks = [...card.querySelectorAll('[data-value]')];
    for (const mark of marks) {
      const box = mark.getBoundingClientRect();
      const scrolled = mark.closest('.scroll');
      if (!scrolled && (box.left < frame.left - 1 || box.right > frame.right + 1)) {
        wrong.push(`${card.dataset.title}: ${mark.dataset.key} leaves its card`);
      }
      const value = Number(mark.dataset.value);
      if (mark.matches('.bar, .column') && value > 0 && box.width * box.height < 0.1) {
        wrong.push(`${card.dataset.title}: ${mark.dataset.key} cannot be seen`);
      }
    }
    for (const axis of card.querySelectorAll('.x-axis, .y-axis')) {
      const boxes = [...axis.children].map((tick) => tick.getBoundingClientRect())
        .filter((box) => box.width > 0);
      boxes.forEach((one, n) => boxes.slice(n + 1).forEach((other) => {
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 1 && down > 3) wrong.push(`${card.dataset.title}: labels overlap`);
      }));
    }
    for (const table of card.querySelectorAll('.scroll')) {
      if (innerWidth >= 1280 && table.scrollWidth > table.clientWidth + 1) {
        wrong.push(`${card.dataset.title}: a part can only be seen by scrolling`);
      }
      for (const cell of table.querySelectorAll('td')) {
        if (cell.scrollWidth > cell.clientWidth + 1) {
          wrong.push(`${card.dataset.title}: ${cell.textContent} runs out of its cell`);
        }
      }
    }
    const read = 'td, small, .bar b, .bar-label, .bar-value, .tile-value, .tile-note, .note, '
      + '.dash, .empty, .x-tick, .y-tick, h2, th, dt, dd, summary';
    for (const text of card.querySelectorAll(read)) {
      if (text.textContent.trim() && contrast(text) < 4.5) {
        wrong.push(`${card.dataset.title}: ${text.textContent} at ${contrast(text).toFixed(1)}`);
      }
    }
    return [card.dataset.title, marks.length, !!card.querySelector('.empty')];
  });
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page scrolls sideways');
  return {charts, wrong};
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield opened
        opened.close()


def listen(page: Tab) -> tuple[list[str], list[str]]:
    """What the page says on the console, and the addresses that it asks for."""
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    return said, asked


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_is_silent_sealed_off_and_legible(site: Site, browser: Browser, board: str) -> None:
    path = site.folder / f"{board}.html"
    read = Page(path).charts
    page = browser.new_page()
    said, asked = listen(page)
    page.goto(path.as_uri())
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            seen: dict[str, Any] = page.evaluate(LOOK)
            assert not seen["wrong"], (board, width, scheme)
            assert {title: (marks, empty) for title, marks, empty in seen["charts"]} == {
                title: (len(chart.marks), chart.is_empty) for title, chart in read.items()
            }
    page.close()
    assert asked == [path.as_uri()]
    assert not said


def test_a_picture_that_is_wrong_is_seen(site: Site, browser: Browser) -> None:
    """The check itself: each thing that it looks for, done on purpose."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site.folder / "rfm.html").as_uri())
    for style, said in (
        ("td.cell { color: var(--heat-colour) }", " at "),
        ("h1 { width: 1500px }", "the page scrolls sideways"),
        (".bar { margin-left: -300px }", "leaves its card"),
        (".bar { height: 0; bottom: auto }", "cannot be seen"),
        (".heat { min-width: 1300px !important }", "only be seen by scrolling"),
        (".heat td { font-size: 90px }", "runs out of its cell"),
    ):
        added = page.add_style_tag(content=style)
        assert any(said in text for text in page.evaluate(LOOK)["wrong"]), style
        added.evaluate("style => style.remove()")
    assert not page.evaluate(LOOK)["wrong"]
    page.goto((site.folder / "activity.html").as_uri())
    page.add_style_tag(content=".x-tick { left: 50% !important }")
    assert any("labels overlap" in text for text in page.evaluate(LOOK)["wrong"])
    page.close()


def test_a_page_that_speaks_or_asks_is_heard(site: Site, browser: Browser, tmp_path: Path) -> None:
    """The listeners themselves: a message, a script that fails, and a picture from elsewhere."""
    page = browser.new_page()
    said, asked = listen(page)
    text = (site.folder / "index.html").read_text(encoding="utf-8")
    path = tmp_path / "index.html"
    path.write_text(
        re.sub("<meta http-equiv[^>]*>", "", text)
        .replace("</body>", "<script>console.error('look')</script><script>nothing_such()</script>"
                 "<img src='http://127.0.0.1:9/pixel.png' alt=''></body>")
    )  # fmt: skip
    page.goto(path.as_uri())
    page.close()
    assert any("look" in text for text in said)
    assert any("nothing_such" in text for text in said)
    assert asked == [path.as_uri(), "http://127.0.0.1:9/pixel.png"]
