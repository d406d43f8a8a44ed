"""`python -m laneway.testing.simulators`: the demo's world as a process of its own.

It lives on when the Laneway server beside it is killed. Once every server listens it writes one
JSON document to the port file and to standard output:

    {"pid", "dokploy": {"url", "version"}, "odoo": {"testing": {"url"}, "prod": {"url"}},
     "targets": {"targets": […]}}

and runs until SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from laneway.testing.simulators.dokploy import DEFAULT_VERSION
from laneway.testing.simulators.odoo import SUPPORTED_VERSIONS
from laneway.testing.simulators.timing import Durations
from laneway.testing.simulators.world import DemoWorld


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    usual = Durations()
    parser = argparse.ArgumentParser(prog="python -m laneway.testing.simulators")
    parser.add_argument("--port-file", type=Path, required=True, help="where the URLs are written")
    parser.add_argument("--dokploy-port", type=int, default=0)
    parser.add_argument("--dokploy-version", default=DEFAULT_VERSION)
    parser.add_argument("--odoo-version", default="18.0", choices=SUPPORTED_VERSIONS)
    parser.add_argument("--bootstrap-seconds", type=float, default=usual.bootstrap)
    parser.add_argument("--post-deploy-seconds", type=float, default=usual.post_deploy)
    parser.add_argument("--deploy-seconds", type=float, default=usual.deploy)
    parser.add_argument("--state", type=Path, help="where the world is kept between two lives")
    return parser.parse_args(arguments)


def world_of(options: argparse.Namespace) -> DemoWorld:
    """The world that the command line asks for."""
    return DemoWorld(
        dokploy_version=options.dokploy_version,
        odoo_version=options.odoo_version,
        durations=Durations(
            bootstrap=options.bootstrap_seconds,
            post_deploy=options.post_deploy_seconds,
            deploy=options.deploy_seconds,
        ),
        state_file=options.state,
        dokploy_port=options.dokploy_port,
    )


def announce(world: DemoWorld, port_file: Path) -> None:
    """Write the document; the file appears whole, so that its reader may wait for it."""
    document = msgspec.json.encode({"pid": os.getpid(), **world.describe()})
    draft = port_file.with_name(f"{port_file.name}.draft")
    draft.write_bytes(document)
    draft.replace(port_file)
    sys.stdout.write(document.decode() + "\n")
    sys.stdout.flush()


async def serve(options: argparse.Namespace) -> None:
    """Run the world until a signal ends it."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with world_of(options) as world:
        announce(world, options.port_file)
        await stopping.wait()


if __name__ == "__main__":
    asyncio.run(serve(parse(sys.argv[1:])))
