"""Runs operations of dbt one after another in one process, on DuckDB or on Spark.

`python schema_steps.py FOLDER` reads steps from its input, a JSON list: ["sql", statement] gives
the rows of the statement as text, ["publish", {arguments}] the error of publish_generation or null.
It writes their results as a JSON list to FOLDER/results.json. Only dbt is needed, so that the
environment that has Spark can run it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

ASK = """
{% macro ask(statement) %}
    {%- set found = run_query(statement) -%}
    {%- set rows = [] -%}
    {%- for row in found.rows if found is not none -%}
        {%- do rows.append(row.values() | map('string') | list) -%}
    {%- endfor -%}
    {{ log('asked: ' ~ tojson(rows), info=true) }}
{% endmacro %}
"""


def main() -> None:
    folder = Path(sys.argv[1])
    said: list[str] = []
    options = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    parsed = dbtRunner().invoke(["--quiet", "parse", *options])
    if not parsed.success:
        raise SystemExit(str(parsed.exception))
    manifest: Any = parsed.result

    def hear(event: Any) -> None:
        said.append(event.info.msg)

    runner = dbtRunner(manifest=manifest, callbacks=[hear])
    results: list[Any] = []
    for kind, given in json.load(sys.stdin):
        said.clear()
        operation = "ask" if kind == "sql" else "publish_generation"
        arguments = {"statement": given} if kind == "sql" else given
        outcome = runner.invoke(
            ["run-operation", operation, "--args", json.dumps(arguments), *options]
        )
        error = None if outcome.success else "\n".join(said)
        if kind == "publish":
            results.append(error)
        elif error:
            raise SystemExit(f"{given}\n{error}")
        else:
            told = [line for line in said if line.startswith("asked: ")]
            results.append(json.loads(told[-1].removeprefix("asked: ")))
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
