"""Let Prism judge what a sync sends, beside the server of the tests.

    npm install --prefix DIR @stoplight/prism-cli
    python -m tests.properties.sync.against_prism DIR/node_modules/.bin/prism

Prism validates each request by the document in contracts/ and answers with its examples; it
remembers nothing. Per platform four people are told of, one withdraws a channel, one everything,
one is merged into another, one is erased. Prints how many requests it took and refused; exit code 1
where it refused any.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crossbrand import cli

from .activation import ROOT, World, customer_id, make_stage, profile, settings_of_the_user
from .conftest import SECRETS, set_up
from .test_destinations import PLATFORMS, redirect, withdrawal


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run(prism: str, name: str, folder: Path) -> tuple[int, list[str]]:
    """Requests that Prism has judged, and what it held against them."""
    stage = make_stage(folder)
    for one in settings_of_the_user():
        del os.environ[one]
    os.environ.update(stage.environment())
    os.environ.update({f"CROSSBRAND_{name.upper()}_{one}": "any-secret" for one in SECRETS[name]})
    port = free_port()
    os.environ[f"CROSSBRAND_{name.upper()}_URL"] = f"http://127.0.0.1:{port}"
    quick = {"poll_seconds": 0.01, "job_seconds": 5} if name == "klaviyo" else {}
    set_up(stage, name, attempts=1, retry_seconds=0.01, requests_per_second=1000, **quick)
    log = folder / "prism.log"
    with log.open("w") as written:
        server = subprocess.Popen(
            [
                prism,
                "mock",
                "--errors",
                "--port",
                str(port),
                str(ROOT / "contracts" / f"{name}.yaml"),
            ],
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        for _ in range(300):
            if "is listening" in log.read_text():
                break
            time.sleep(0.1)
        people = [profile(number) for number in (1, 2, 3, 4)]
        stage.publish(World(people))
        arguments = ["sync", name, "--json"]
        cli.main(arguments)
        stage.land("consent_events", [withdrawal("person.1@example.com", channel="email"),
                                      withdrawal("person.2@example.com")])  # fmt: skip
        cli.main(arguments)
        stage.publish(World(people[:3], redirects=[redirect(4, 3)]))
        cli.main(arguments)
        stage.deletions.write_text(json.dumps({
            "deletion_id": "d", "customer_id": customer_id(1), "brand_id": "aster",
            "erased_at": "2026-01-03T00:00:00Z"}))  # fmt: skip
        cli.main(arguments)
        time.sleep(0.5)
    finally:
        server.terminate()
        server.wait()
    lines = log.read_text().splitlines()
    requests = sum("Request received" in line for line in lines)
    against = [line for line in lines if "iolation" in line or "did not pass" in line]
    return requests, against


def main(prism: str) -> int:
    refused = 0
    for name in PLATFORMS:
        with tempfile.TemporaryDirectory() as folder:
            requests, against = run(prism, name, Path(folder))
        refused += len(against)
        print(f"{name}: {requests} requests, {len(against)} refused by Prism", file=sys.stderr)
        for line in against[:5]:
            print(f"  {line}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
