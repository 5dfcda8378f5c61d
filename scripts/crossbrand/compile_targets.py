"""Compiles every model, test and hook of the project for other engines, without a connection.

`dbt compile` asks the engine which tables there are, so it needs one that runs. Here dbt's own
compiler renders every node by the adapter of the target, whose questions are answered: there is
nothing. DuckDB's branches are taken away, so that a node that needs one fails, and what was
rendered must be SQL in the grammar of the target. What `dbt parse` made of the project for DuckDB
is taken as it is, since parsing costs more than the rest: only the macros of the other adapter are
added to it.

Trap: no table exists, so what is_incremental() guards is not rendered; scripts/check-spark and
scripts/check-postgres run it.

`dbt parse`, then `python -m crossbrand.compile_targets postgres spark`: it prints a line per target
and what fails; its status is 1 where anything does.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import re
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import agate
import sqlglot
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.factory import get_adapter, register_adapter, reset_adapters
from dbt.clients import jinja
from dbt.compilation import Compiler
from dbt.config.runtime import RuntimeConfig
from dbt.context.providers import generate_runtime_macro_context
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import (
    AnalysisNode,
    GenericTestNode,
    ModelNode,
    SingularTestNode,
)
from dbt.flags import set_from_args
from dbt.mp_context import get_mp_context
from dbt.parser.manifest import ManifestLoader
from dbt_common.context import set_invocation_context

from crossbrand.contract import find_project_dir

RENDERED = (ModelNode, SingularTestNode, GenericTestNode, AnalysisNode)


@contextmanager
def without_connection(adapter: BaseAdapter) -> Iterator[None]:
    """Answer what a macro asks the engine: no table, no column, no row."""
    kind = type(adapter)

    def execute(*_: object, **__: object) -> tuple[AdapterResponse, agate.Table]:
        return AdapterResponse("compiled only"), agate.Table([])

    with (
        patch.object(kind, "execute", execute),
        patch.object(kind, "get_relation", lambda *_, **__: None),
        patch.object(kind, "get_columns_in_relation", lambda *_, **__: []),
        patch.object(kind, "list_relations_without_caching", lambda *_, **__: []),
    ):
        yield


def compile_target(project: Path, target: str, parsed: Path) -> tuple[int, list[str]]:
    """How many statements a target's SQL has, and what is wrong with them, in dbt's words."""
    arguments = Namespace(
        project_dir=str(project), profiles_dir=str(project), target=target, which="compile",
        vars={}, profile=None, threads=1, defer=False, partial_parse=False, introspect=False,
        send_anonymous_usage_stats=False, target_path=tempfile.mkdtemp(), log_path=None,
        write_json=False, macro_debugging=False, empty=False, sample=None,
    )  # fmt: skip
    set_from_args(arguments, None)
    set_invocation_context(dict(os.environ))
    if target == "spark" and not importlib.util.find_spec("pyspark"):
        # Four hundred megabytes of which nothing is used: the adapter only looks for them.
        sys.modules["pyspark"] = ModuleType("pyspark")
    config = RuntimeConfig.from_args(arguments)
    reset_adapters()  # type: ignore[no-untyped-call]
    register_adapter(config, get_mp_context())
    adapter = get_adapter(config)
    adapter.set_macro_context_generator(generate_runtime_macro_context)
    manifest = _manifest(config, parsed)
    adapter.set_macro_resolver(manifest)
    compiler = Compiler(config)
    count = 0
    wrong: list[str] = []
    with without_connection(adapter):
        for node in list(manifest.nodes.values()):
            if not isinstance(node, RENDERED):
                continue
            context = compiler._create_node_context(node, manifest, {})
            codes = [node.raw_code]
            if isinstance(node, ModelNode):
                codes += [hook.sql for hook in (*node.config.pre_hook, *node.config.post_hook)]
            for code in codes:
                try:
                    rendered = str(jinja.get_rendered(code, context, node))
                except Exception as error:
                    wrong.append(f"{node.original_file_path}: {error}")
                    continue
                if rendered.strip():
                    count += 1
                    wrong += [
                        f"{node.original_file_path} ({node.name}): {said}"
                        for said in not_sql(rendered, target)
                    ]
    return count, wrong


def _manifest(config: RuntimeConfig, parsed: Path) -> Manifest:
    manifest = Manifest.from_msgpack(parsed.read_bytes())
    added = ManifestLoader.load_macros(config, lambda _: None, base_macros_only=True).macros
    manifest.macros = {
        name: macro
        for name, macro in {**manifest.macros, **added}.items()
        if macro.package_name != "dbt_duckdb" and not macro.name.startswith("duckdb__")
    }
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        node.database = config.credentials.database
    # Macros read the contract from it.
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def not_sql(statement: str, dialect: str) -> list[str]:
    """What the parser of the target's dialect says against a statement."""
    try:
        sqlglot.parse(statement, dialect=dialect)
    except sqlglot.errors.SqlglotError as error:
        return [re.sub(r"\s+", " ", str(error))[:400]]
    return []


def main(arguments: list[str]) -> int:
    """Compile and print; 1 where anything fails, 2 where nothing can be compiled."""
    parser = argparse.ArgumentParser(prog="python -m crossbrand.compile_targets")
    parser.add_argument(
        "--parsed",
        type=Path,
        default=Path("target/partial_parse.msgpack"),
        help="what `dbt parse` left; by default %(default)s",
    )
    parser.add_argument("targets", nargs="+")
    given = parser.parse_args(arguments)
    gc.set_threshold(100_000, 50, 100)
    if not given.parsed.is_file():
        print(f"error: There is no {given.parsed}. Run `dbt parse` first.", file=sys.stderr)
        return 2
    failed = False
    for target in given.targets:
        began = time.monotonic()
        count, wrong = compile_target(find_project_dir(), target, given.parsed)
        for said in wrong:
            print(f"        {said}")
        print(f"{target}: {count} statements, {len(wrong)} wrong, {time.monotonic() - began:.1f} s")
        failed = failed or bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
