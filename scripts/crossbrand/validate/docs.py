"""The Data Docs as pages that open without a network, with a front page for a business owner.

Great Expectations links stylesheets, scripts and a logo from the web. They are replaced by the
copies in great_expectations/assets, and what has no copy is left out. Its own front page, a list of
every run, is kept as runs.html.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = (
    "jquery.min.js",
    "popper.min.js",
    "bootstrap.min.js",
    "bootstrap-table.min.js",
    "bootstrap-table-filter-control.min.js",
    "bootstrap-datepicker.min.js",
)
STYLES = (
    "bootstrap.min.css",
    "bootstrap-table.min.css",
    "bootstrap-table-filter-control.min.css",
    "bootstrap-datepicker.min.css",
    "fontawesome.min.css",
    "solid.min.css",
)
WORDS = {"stop": "Stopped", "warn": "Look at this", "ok": "In order"}
COLOURS = {"stop": "danger", "warn": "warning", "ok": "success"}

_REMOTE_LINK = re.compile(r"<link\b[^>]*https?://[^>]*>", re.IGNORECASE)
_REMOTE_SCRIPT = re.compile(
    r"<script\b[^>]*src=[\"']https?://[^>]*>\s*</script>", re.IGNORECASE | re.DOTALL
)
_REMOTE_IMAGE = re.compile(r"<img\b[^>]*src=[\"']https?://[^>]*>", re.IGNORECASE | re.DOTALL)
_NEWSLETTER = re.compile(r"<footer\b.*?</footer>", re.IGNORECASE | re.DOTALL)
_REMOTE_STYLE = re.compile(r"url\(\s*['\"]?https?://[^)]*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One checkpoint on the front page; `findings` are (severity, sentence)."""

    name: str
    verdict: str
    judged: int
    findings: Sequence[tuple[str, str]]
    pages: Sequence[Path]


def make_local(site: Path, assets: Path) -> None:
    """Make every page of the site find its stylesheets and scripts beside it."""
    shutil.copytree(assets, site / "static" / "local", dirs_exist_ok=True)
    for page in site.rglob("*.html"):
        page.write_text(
            local_page(page.read_text(encoding="utf-8"), _to_root(page, site)), encoding="utf-8"
        )


def local_page(text: str, root: str) -> str:
    """A page without a request to the network; `root` is the way from it to the site's folder."""
    for pattern in (_REMOTE_LINK, _REMOTE_SCRIPT, _REMOTE_IMAGE, _NEWSLETTER):
        text = pattern.sub("", text)
    text = _REMOTE_STYLE.sub("none", text)
    return text.replace("</title>", f"</title>\n{_links(root)}", 1)


def write_front_page(site: Path, title: str, lines: Sequence[Line]) -> Path:
    """Write index.html: each checkpoint, its verdict and its findings in sentences."""
    front = site / "index.html"
    runs = site / "runs.html"
    if front.exists():
        front.replace(runs)
    worst = next(
        (verdict for verdict in WORDS if any(line.verdict == verdict for line in lines)), "ok"
    )
    rows = "\n".join(_row(line, site) for line in lines)
    front.write_text(
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
{_links("./")}
</head>
<body>
<main class="container py-4">
<h1 class="h3">{html.escape(title)}</h1>
<p class="lead"><span class="badge badge-{COLOURS[worst]}">{WORDS[worst]}</span>
{html.escape(_summary(lines))}</p>
<table class="table">
<thead><tr><th>What was checked</th><th>Verdict</th><th>What was found</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<p class="text-muted">A stop publishes nothing until it is mended or its tolerance is changed; a
warning is for somebody to look at. The tolerances are in
<code>great_expectations/tolerances.yml</code>. <a href="runs.html">Every run and every
expectation</a>.</p>
</main>
</body>
</html>
""",
        encoding="utf-8",
    )
    return front


def _summary(lines: Sequence[Line]) -> str:
    severities = [severity for line in lines for severity, _ in line.findings]
    stops, warnings = severities.count("stop"), severities.count("warn")
    judged = sum(line.judged for line in lines)
    return f"{judged:,} figures were judged: {stops} stops, {warnings} warnings."


def _row(line: Line, site: Path) -> str:
    sentences = "".join(
        f'<li><span class="badge badge-{COLOURS[severity]}">{severity}</span> '
        f"{html.escape(sentence)}</li>"
        for severity, sentence in line.findings
    )
    found = f'<ul class="list-unstyled mb-0">{sentences}</ul>' if sentences else "Nothing."
    details = " · ".join(
        f'<a href="{page.relative_to(site).as_posix()}">{name}</a>'
        for name, page in zip(("history", "row sample"), line.pages, strict=False)
    )
    return (
        f"<tr><td><strong>{html.escape(line.name)}</strong><br><small>{details}</small></td>"
        f'<td><span class="badge badge-{COLOURS[line.verdict]}">{WORDS[line.verdict]}</span></td>'
        f"<td>{found}</td></tr>"
    )


def _links(root: str) -> str:
    base = f"{root}static/local"
    styles = [f'<link rel="stylesheet" href="{base}/css/{name}">' for name in STYLES]
    scripts = [f'<script src="{base}/{name}"></script>' for name in SCRIPTS]
    return "\n".join(styles + scripts)


def _to_root(page: Path, site: Path) -> str:
    return "../" * (len(page.relative_to(site).parts) - 1) or "./"
