"""The workflow run that this is part of, as GitHub's variables tell it.

Source: https://docs.github.com/actions/reference/workflows-and-actions/variables
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

LONGEST_KEY = 255
"""Characters of an idempotency key that the server takes."""

_VISIBLE = "!#$%&'()*+,/:;=?@[]<>{}|\\^`\""


@dataclass(frozen=True)
class Workflow:
    """See the module.

    Attributes:
        key: an idempotency key of the repository, the workflow and the run, without the attempt:
            who runs it again gets the same operation.
        run_url: where the run is shown; empty where that is not known.
    """

    key: str
    run_url: str
    outputs: Path | None
    summary: Path | None


def here(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this runs in a GitHub workflow."""
    return environ.get("GITHUB_ACTIONS", "").lower() == "true"


def workflow(environ: Mapping[str, str] = os.environ) -> Workflow:
    """The workflow run that this is part of; what is not known of it is empty."""
    return Workflow(
        key=_key(environ),
        run_url=_run_url(environ),
        outputs=_file(environ, "GITHUB_OUTPUT"),
        summary=_file(environ, "GITHUB_STEP_SUMMARY"),
    )


def _key(environ: Mapping[str, str]) -> str:
    run = environ.get("GITHUB_RUN_ID", "")
    if not run:
        return ""
    # The file is what a workflow is known by; its name may be given to another one, too.
    file, _, _ = environ.get("GITHUB_WORKFLOW_REF", "").partition("@")
    named = f"{environ.get('GITHUB_REPOSITORY', '')}/{environ.get('GITHUB_WORKFLOW', '')}"
    key = f"github:{quote(file or named, safe=_VISIBLE)}:{quote(run, safe='')}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"github:sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def _run_url(environ: Mapping[str, str]) -> str:
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    run = environ.get("GITHUB_RUN_ID")
    if not server or not repository or not run:
        return ""
    return f"{server}/{quote(repository)}/actions/runs/{quote(run, safe='')}"


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    given = environ.get(name)
    return Path(given) if given else None
