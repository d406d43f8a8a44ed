"""Where tokens come from, GitHub's above all."""

from pathlib import Path

import pytest

from laneway.runtime.environment import SystemClock
from laneway_server.client import (
    GithubOidc,
    LanewayClient,
    NoContact,
    TokenUnavailable,
    environment,
    file,
    static,
)
from tests.integration.cli.support import OPERATION, run, speaking
from tests.support.github import GithubTokens
from tests.support.issuer import Issuer

URL, SECRET = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


async def test_github_mints_a_new_token_for_every_connection():
    async with GithubTokens(Issuer(SystemClock())).up() as tokens, speaking() as speaker:
        token = GithubOidc("laneway", tokens.variables)
        async with LanewayClient(speaker.url, token) as client:
            await client.wait(OPERATION)
    used = [heard["authorization"] for heard in speaker.heard]
    assert used == [f"Bearer {minted}" for minted in tokens.minted]
    assert len(set(used)) == len(used) > 2


async def test_an_issuer_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    async with GithubTokens(Issuer(SystemClock())).up() as tokens, speaking() as speaker:
        for name, value in tokens.variables.items():
            monkeypatch.setenv(name, value)
        tokens.refuses = 3
        result = await run(speaker, "--github-oidc", "laneway", "watch", OPERATION)
    assert result.exit_code == 0, result.output
    assert tokens.refuses == 0


async def test_an_issuer_that_is_not_there_is_no_contact():
    async with GithubTokens(Issuer(SystemClock())).up() as tokens:
        variables = tokens.variables
    with pytest.raises(NoContact, match="GitHub issues no identity token"):
        await GithubOidc("laneway", variables)()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({URL: ""}, "id-token: write"),
        ({SECRET: ""}, "id-token: write"),
        ({SECRET: "another"}, "HTTP 401"),
        ({URL: "http://example.org/token"}, "no https address"),
    ],
)
async def test_what_no_waiting_helps_is_said_at_once(changed: dict[str, str], said: str):
    async with GithubTokens(Issuer(SystemClock())).up() as tokens:
        with pytest.raises(TokenUnavailable, match=said):
            await GithubOidc("laneway", tokens.variables | changed)()
        with pytest.raises(TokenUnavailable, match="HTTP 400"):
            await GithubOidc("another", tokens.variables)()


async def test_tokens_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = tmp_path / "token"
    kept.write_text("first\n")
    provide = file(kept)
    assert await provide() == "first"
    kept.write_text("second\n")
    assert await provide() == "second", "it is read anew"
    kept.unlink()
    with pytest.raises(TokenUnavailable, match="cannot be read"):
        await provide()
    monkeypatch.setenv("LANEWAY_TOKEN", "third")
    assert await environment()() == "third"
    assert await static("")() is None
    with pytest.raises(TokenUnavailable, match="characters"):
        await static("a\nb")()


async def test_the_command_takes_a_token_from_one_place(tmp_path: Path):
    async with speaking() as speaker:
        one = await run(speaker, "--token", "ada", "status", OPERATION)
        two = await run(speaker, "--token", "ada", "--github-oidc", "laneway", "status", OPERATION)
    assert (one.exit_code, two.exit_code) == (0, 2)
    assert [heard["authorization"] for heard in speaker.heard] == ["Bearer ada"]
    assert "say where the token is once" in two.stderr
