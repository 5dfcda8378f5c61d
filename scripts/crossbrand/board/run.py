"""Rendering the boards of a generation into a folder, and serving them on this machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
from rich.console import Console

from crossbrand.board.charts import Look, Row
from crossbrand.board.definition import Board, Chart, load_boards, load_words
from crossbrand.board.page import Source, Subject, board_page, index_page
from crossbrand.errors import CrossbrandError
from crossbrand.evaluate import evaluate
from crossbrand.locks import hold
from crossbrand.paths import Paths, project_variable, quoted
from crossbrand.publish.declared import BI
from crossbrand.publish.folder import SITE, Folder
from crossbrand.publish.small_groups import min_group_size

BOARDS = "boards"
STYLE = "_style.css"
HEADLINES = 3


@dataclass
class Studio:
    """One generation of the marts, open, and the definitions: pages come out of it.

    The stitching is measured at most once, since every page may ask for it.
    """

    connection: duckdb.DuckDBPyConnection
    paths: Paths
    boards: tuple[Board, ...]
    look: Look
    source: Source
    style: str
    _stitching: list[Row] | None = None

    def site(self, customer_id: str | None = None) -> dict[str, str]:
        """Every page by its file name; the one of `customer_id` among them, as the default."""
        pages = {}
        headlines = {}
        for board in self.boards:
            if not board.choose:
                results = [self.rows(board, chart) for chart in board.charts]
                pages[f"{board.name}.html"] = self._page(board, results)
                headlines[board.name] = self._headlines(board, results)
                continue
            subjects = self.subjects(board, customer_id)
            for subject in subjects:
                asked = {"customer_id": subject.id}
                results = [self.rows(board, chart, asked) for chart in board.charts]
                pages[subject.page] = self._page(board, results, subject=subject, others=subjects)
                headlines.setdefault(board.name, self._headlines(board, results))
        pages["index.html"] = index_page(self.boards, headlines, self.source, self.style)
        return pages

    def one(self, name: str, customer_id: str | None = None) -> str | None:
        """One page, for whoever is served; None where there is none of that name."""
        if name == "index":
            return self.site()["index.html"]
        for board in self.boards:
            if not (name == board.name or (board.choose and name.startswith(f"{board.name}-"))):
                continue
            if not board.choose:
                return self._page(board, [self.rows(board, chart) for chart in board.charts])
            wanted = customer_id or name.removeprefix(f"{board.name}-")
            subjects = self.subjects(board, None if wanted == board.name else wanted)
            shown = next((one for one in subjects if one.id == wanted), subjects[0])
            asked = {"customer_id": shown.id}
            results = [self.rows(board, chart, asked) for chart in board.charts]
            return self._page(board, results, subject=shown, others=subjects, is_served=True)
        return None

    def subjects(self, board: Board, wanted: str | None = None) -> list[Subject]:
        """Who the board may be about: those its query chooses, before them the one asked for.

        The first is the default. Raises CrossbrandError where the one asked for is not there.
        """
        rows = self._query(board.choose, f"{board.name}, choose")
        chosen = [(str(row["customer_id"]), str(row["why"])) for row in rows]
        if wanted:
            found = self.connection.execute(
                "select count(*) from customer_360 where customer_id = ?", [wanted]
            ).fetchone()
            if not found or not found[0]:
                raise CrossbrandError(
                    f"There is no customer {wanted!r} in generation {self.source.generation}. "
                    "Take a customer_id of customer_360; an id that changed is in "
                    "identity_redirects."
                )
            why = next((why for one, why in chosen if one == wanted), "The one asked for")
            chosen = [(wanted, why), *((one, why) for one, why in chosen if one != wanted)]
        if not chosen:
            return [Subject("–", "No customer yet", f"{board.name}.html")]
        return [
            Subject(one, why, f"{board.name}-{one}.html" if number else f"{board.name}.html")
            for number, (one, why) in enumerate(chosen)
        ]

    def rows(self, board: Board, chart: Chart, asked: Mapping[str, str] | None = None) -> list[Row]:
        """What the chart shows."""
        if chart.source == "stitching":
            return self._measured()
        return self._query(chart.query, f"{board.name}, chart {chart.title!r}", asked)

    def _query(self, query: str, place: str, asked: Mapping[str, str] | None = None) -> list[Row]:
        given = {name: value for name, value in (asked or {}).items() if f"${name}" in query}
        try:
            cursor = self.connection.execute(query, given or None)
        except duckdb.Error as error:
            raise CrossbrandError(
                f"boards/, board {place}: the query does not run on generation "
                f"{self.source.generation}: {str(error).splitlines()[0]} It may read the marts "
                "that say published_to: [bi]."
            ) from error
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _measured(self) -> list[Row]:
        """Precision and recall by link rule where the truth is known, as it is for sample data."""
        if self._stitching is None:
            self._stitching = []
            if (self.paths.truth / "records.parquet").is_file() and self.paths.warehouse.is_file():
                try:
                    result = evaluate(self.paths.warehouse, self.paths.truth, worst=0)
                except (CrossbrandError, duckdb.Error):
                    # The truth of other data, or a warehouse that somebody holds: `crossbrand
                    # evaluate` says which. The boards show what is published all the same.
                    return self._stitching
                self._stitching = [
                    {
                        "link_rule": score.group,
                        "record_count": score.records,
                        "precision": score.precision,
                        "recall": score.recall,
                    }
                    for score in result.by_rule
                ]
        return self._stitching

    def _page(
        self,
        board: Board,
        results: Sequence[Sequence[Row]],
        *,
        subject: Subject | None = None,
        others: Sequence[Subject] = (),
        is_served: bool = False,
    ) -> str:
        return board_page(
            board, results, self.look, self.source, self.boards, self.style,
            subject=subject, others=others, is_served=is_served,
        )  # fmt: skip

    def _headlines(self, board: Board, results: Sequence[Sequence[Row]]) -> list[tuple[str, str]]:
        for chart, rows in zip(board.charts, results, strict=True):
            if chart.type == "tiles" and rows:
                return [
                    (
                        field.label,
                        self.look.write(rows[0][field.column], field.format, with_currency=True),
                    )
                    for field in chart.fields[:HEADLINES]
                ]
        return []


@contextmanager
def studio(paths: Paths) -> Iterator[Studio]:
    """Open the generation of `bi` that is current, read-only.

    Raises CrossbrandError where nothing is published or a definition cannot be used.
    """
    boards = load_boards(paths.project / BOARDS)
    folder = Folder(paths.published)
    generation = folder.linked(BI)
    if generation is None:
        raise CrossbrandError(
            f"Nothing is published under {paths.published}, and boards show what is published. "
            "`crossbrand build` publishes, or name yours in CROSSBRAND_PUBLISHED."
        )
    connection = duckdb.connect()
    try:
        try:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"attach {quoted(folder.file(BI, generation))} as marts (read_only)")
            connection.execute("use marts")
            said = connection.execute("select as_of_at, built_at from _generation").fetchone()
            brands = dict(
                connection.execute(
                    "select brand_id, brand_name from brands order by brand_id"
                ).fetchall()
            )
        except duckdb.Error as error:
            raise CrossbrandError(
                f"{folder.file(BI, generation)} cannot be read: {str(error).splitlines()[0]} "
                "`crossbrand publish --list` says what is whole."
            ) from error
        as_of_at, built_at = said or (None, None)
        yield Studio(
            connection,
            paths,
            boards,
            Look(
                load_words(paths.project / BOARDS),
                brands,
                project_variable(paths.project, "reporting_currency", "EUR"),
                min_group_size(paths.project),
            ),
            Source(generation, as_of_at, built_at),
            (paths.project / BOARDS / STYLE).read_text(encoding="utf-8"),
        )
    finally:
        connection.close()


def render(paths: Paths, console: Console, *, customer_id: str | None = None) -> Path:
    """Write every board to published/site, replacing the site that is there as a whole."""
    with studio(paths) as open_studio:
        pages = open_studio.site(customer_id)
        count = len(open_studio.boards)
        generation = open_studio.source.generation
    target = paths.published / SITE
    with hold(
        paths.published / ".site.lock",
        f"Another command is writing {target} (process {{holder}}). Try again when it has ended.",
    ):
        if target.exists() and not (target / "index.html").is_file() and any(target.iterdir()):
            raise CrossbrandError(
                f"{target} holds something else than boards. Move it away and try again."
            )
        staged = Path(tempfile.mkdtemp(prefix=".site-", dir=paths.published))
        try:
            for name, page in pages.items():
                (staged / name).write_text(page, encoding="utf-8")
            (staged / "generation.txt").write_text(f"{generation}\n", encoding="utf-8")
            staged.chmod(0o755)
            shutil.rmtree(target, ignore_errors=True)
            staged.replace(target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    console.print(
        f"{count} boards of generation {generation}, {len(pages)} pages, in {target}: "
        f"open {target / 'index.html'}",
        soft_wrap=True,
    )
    return target


def site_generation(paths: Paths) -> str | None:
    """The generation that the site shows; None where there is no site."""
    said = paths.published / SITE / "generation.txt"
    return said.read_text(encoding="utf-8").strip() if said.is_file() else None


def server(paths: Paths, port: int) -> ThreadingHTTPServer:
    """A server on this machine only that renders each page anew from what is current then.

    Raises CrossbrandError where the port is taken. Definitions are read with each request, so
    whoever edits one sees it by reloading.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            name = asked.path.strip("/").removesuffix(".html") or "index"
            wanted = parse_qs(asked.query).get("id", [""])[0].strip() or None
            try:
                with studio(paths) as open_studio:
                    page = open_studio.one(name, wanted)
            except CrossbrandError as error:
                self._send(400, f"{error}\n", "text/plain")
                return
            if page is None:
                self._send(404, "There is no such board.\n", "text/plain")
            else:
                self._send(200, page, "text/html")

        def _send(self, code: int, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the terminal is somebody's."""

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise CrossbrandError(
            f"Port {port} of this machine cannot be used ({error.strerror}). Give another: --port."
        ) from error


def serve(paths: Paths, console: Console, port: int) -> None:
    """Serve until Ctrl-C."""
    with studio(paths):
        pass
    with server(paths, port) as listening:
        console.print(f"http://127.0.0.1:{listening.server_port}/  (Ctrl-C ends it)")
        try:
            listening.serve_forever()
        except KeyboardInterrupt:
            console.print("ended")
