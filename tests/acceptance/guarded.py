"""A real server that lets in who its access file says: a workflow of one repository."""

from pathlib import Path

from laneway.testing.simulators.world import DemoWorld
from tests.support.issuer import Issuer

from .processes import Server

ACCESS = """
version: 1
issuers:
  github:
    issuer: {issuer}
    audience: laneway
    person: {{claim: actor_id, prefix: "github:"}}
rules:
  - name: bootstrap
    who:
      issuers: [github]
      repository: acme/odoo
      repository_ids: ["4711"]
      refs: [refs/heads/main]
      event_names: [workflow_dispatch]
    may: [submit, read, retry, cancel]
    plans: [odoo-stable-bootstrap]
    products: [odoo]
    contexts: [cm]
    instances: [testing, prod]
"""


class GuardedServer(Server):
    """`laneway serve` with an access file, which believes one issuer.

    Args:
        folder: for what it writes, and the access file.
        world: whose target records it gets.
        issuer: of the tokens.
    """

    def __init__(self, folder: Path, world: DemoWorld, issuer: Issuer) -> None:
        super().__init__(folder, world)
        access = folder / "access.yaml"
        access.write_text(ACCESS.format(issuer=issuer.url))
        self._arguments.remove("--open-access")
        self._arguments.append(f"--access={access}")
