"""The policy follows its file, and is never missing; access goes by the policy of the moment."""

from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from laneway.loading.problems import FileInvalid
from laneway.testing.clock import ManualClock
from laneway_server import following
from laneway_server.access.document import AccessDocument
from laneway_server.access.guarded import GuardedAccess
from laneway_server.access.identity import Access, Caller
from laneway_server.access.open_access import OpenAccess
from laneway_server.access.reloading import ReloadingPolicy
from tests.unit.access.support import ISSUERS, ask, person

READING = ISSUERS + "rules:\n  - {name: people, who: {issuers: [company]}, may: [read]}\n"
NOBODY = ISSUERS + "rules: []\n"
BROKEN = ISSUERS + "rules:\n  - {name: people, who: {}, may: [read, sumbit]}\n"
MISPLACED = ISSUERS.replace("sha256:0", "laneway_hunter22") + "rules: []\n"


class Seconds:
    """A time that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class File:
    """An access file, and a policy that follows it."""

    def __init__(self, folder: Path, text: str = READING) -> None:
        self.path = folder / "access.yaml"
        self.path.write_text(text)
        self.clock, self.seconds = ManualClock(), Seconds()
        self.policy = ReloadingPolicy(self.path, self.clock, seconds=self.seconds)

    def become(self, text: str) -> None:
        """Be replaced, and be due to be looked at."""
        draft = self.path.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.path)
        self.seconds.now += following.EVERY

    def lets_read(self) -> bool:
        return self.policy.current().judge(person(), ask("read")).allowed


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def test_a_change_is_seen_without_a_restart(file: File):
    assert file.lets_read()
    before = file.policy.standing()
    file.clock.move(60_000)
    file.become(NOBODY)
    assert not file.lets_read()
    after = file.policy.standing()
    assert after["policy"] != before["policy"]
    assert after["loaded_at"] > before["loaded_at"]
    assert (after["file"], after["errors"]) == ("access.yaml", [])


def test_a_bad_edit_keeps_the_old_policy_and_says_so(file: File):
    before = file.policy.standing()
    with structlog.testing.capture_logs() as logs:
        file.become(BROKEN)
        assert file.lets_read()
    errors = [{"line": 8, "column": 41, "code": "wrong_value"}]
    assert file.policy.standing() == {**before, "errors": errors}
    (entry,) = logs
    assert (entry["event"], entry["log_level"]) == ("access_kept", "error")
    assert "did you mean 'submit'?" in entry["errors"][0]


def test_a_file_that_is_gone_keeps_the_old_policy(file: File):
    file.path.unlink()
    file.seconds.now += following.EVERY
    assert file.lets_read()
    assert [error["code"] for error in file.policy.standing()["errors"]] == ["unreadable"]


def test_a_good_edit_after_a_bad_one_is_taken_and_logged(file: File):
    file.become(BROKEN)
    assert file.lets_read()
    file.become(NOBODY)
    with structlog.testing.capture_logs() as logs:
        assert not file.lets_read()
    told = {"rules": 0, "policy": file.policy.current().document.digest, "file": str(file.path)}
    assert logs == [{"event": "access_loaded", "log_level": "info", **told}]


def test_a_token_in_the_place_of_its_digest_is_told_nowhere(file: File):
    with structlog.testing.capture_logs() as logs:
        file.become(MISPLACED)
        assert file.lets_read()
    assert "hunter22" not in repr(logs) + repr(file.policy.standing())


def test_there_is_no_beginning_without_a_policy(tmp_path: Path):
    with pytest.raises(FileInvalid):
        File(tmp_path, BROKEN)


class Ada:
    """Finds out that every request is from Ada."""

    seen: AccessDocument

    async def caller(self, request: web.Request, document: AccessDocument) -> Caller:
        self.seen = document
        return Caller(actor=person(), key_scope="company:ada")


async def test_guarded_access_goes_by_the_file_as_it_is_now(file: File):
    identities = Ada()
    access: Access = GuardedAccess(identities, file.policy)
    caller = await access.identify(make_mocked_request("GET", "/"))
    assert (caller.actor, identities.seen) == (person(), file.policy.current().document)
    assert access.judge(person(), ask("read")).rules == ("people",)
    assert access.visible(person())
    file.become(NOBODY)
    assert not access.judge(person(), ask("read")).allowed
    assert access.visible(person()) == ()
    await access.identify(make_mocked_request("GET", "/"))
    assert identities.seen.rules == ()
    assert access.standing() == file.policy.standing()


async def test_open_access_lets_everybody_do_everything_by_no_policy():
    access: Access = OpenAccess()
    verdict = access.judge(person(), ask("admin"))
    assert (verdict.allowed, verdict.rules, verdict.policy) == (True, (), "")
    assert access.visible(person()) is None
    assert access.standing() is None
