"""``token create``: the token once, and what the access file must hold for it."""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from typer.testing import CliRunner, Result

from laneway.core.instants import Instant, as_datetime
from laneway_server.access.loading import load_access
from laneway_server.access.tokens import entry_of
from laneway_server.cli.application import app


def create(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["token", "create", *arguments])


def test_the_token_is_all_of_standard_output():
    result = create("ci")
    assert result.exit_code == 0
    token = result.stdout.removesuffix("\n")
    assert token.startswith("laneway_")
    assert token.isprintable()
    assert token not in result.stderr
    assert create("ci").stdout != result.stdout


def test_what_it_says_to_add_makes_the_token_valid():
    result = create(
        "ci", "--expires", "2h", "--group", "readers", "--group", "a b", "--person", "x:1"
    )
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("  - {")]
    document = load_access(f"version: 1\nrules: []\ntokens:\n{line}\n", "access.yaml").document
    now = Instant("2026-01-01T00:00:00.000Z")
    entry = entry_of(result.stdout.strip(), document.tokens, now)
    assert (entry.name, entry.groups, entry.person) == ("ci", ("readers", "a b"), "x:1")
    assert entry.expires is not None
    left = as_datetime(entry.expires) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=50) < left <= timedelta(hours=2)


def test_programs_get_both_as_json():
    result = create("ci", "--json")
    document = msgspec.json.decode(result.stdout)
    digest = hashlib.sha256(document["token"].encode()).hexdigest()
    assert document["entry"]["digest"] == f"sha256:{digest}"
    left = as_datetime(document["entry"]["expires"]) - datetime.now(UTC)
    assert timedelta(days=89) < left <= timedelta(days=90)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a b"], "'a b' is not a name"),
        (["ci", "--expires", "soon"], "--expires 'soon' is no duration; one looks like 90d or 12h"),
        (["ci", "--expires", "0d"], "never be valid"),
        (["ci", "--expires", "999999999d"], "is no duration"),
        (["ci", "--person", ""], "1 characters or more"),
        (["ci", "--group", ""], "1 characters or more"),
    ],
)
def test_what_cannot_be_is_said_before_there_is_a_token(arguments: list[str], said: str):
    result = create(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
