"""What is compared of a page's session: everything but what is never the same twice."""

from pathlib import Path

import pytest

from tests.support.pages import Names, Session, blocks

PAGE = """
## First
```console
$ echo '{
    "a": 1}' |
    cat
{"a": 1}
$ name=x
```
Words.
```yaml
$ not: this
```
## Second
```bash
hello() { echo "$1"; }
```
```console
$ hello "$name"
%s
```
"""
ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64


def test_commands_and_answers_are_told_apart():
    first, second, third = blocks(PAGE)
    assert [(step.command, step.shown) for step in first.steps] == [
        ("echo '{\n    \"a\": 1}' |\n    cat", '{"a": 1}\n'),
        ("name=x", ""),
    ]
    assert first.steps[0].line == 4
    assert (second.heading, second.steps[0].shown) == ("Second", None)
    assert third.steps[0].command == 'hello "$name"'


@pytest.mark.parametrize(
    ("shown", "said", "right"),
    [
        ('{"a": 1}', '{\n  "a": 1\n}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ('{"a": 1}', '{"a": 1, "b": 2}', False),
        ('{"a": 1, …}', '{"a": 1, "b": 2}', True),
        ("at 2026-01-31T16:00:00.000Z", "at 2027-02-01T00:00:00.123Z", True),
        ("at 2026-01-31T16:00:00.000Z", "at once", False),
        ("sha256:1a… sha256:1a…", f"{ONE} {ONE}", True),
        ("sha256:1a… sha256:1a…", f"{ONE} {OTHER}", False),
        ("sha256:1a… sha256:2b…", f"{ONE} {ONE}", False),
        ("sha256:1a… sha256:2b…", f"{ONE} {OTHER}", True),
        ("op_01A…", ONE, False),
    ],
)
def test_an_answer_is_what_is_shown(shown: str, said: str, right: bool):
    assert Names().answers(shown, said) is right


def test_a_name_stands_for_the_same_from_then_on():
    names = Names()
    assert names.answers("sha256:1a…", ONE)
    assert names.given("curl … sha256:1a…") == f"curl … {ONE}"
    assert not names.answers("sha256:1a…", OTHER)
    assert not names.answers("sha256:2b…", ONE)


async def test_a_session_keeps_what_it_sets_and_says_where_it_is_wrong(tmp_path: Path):
    async with Session(PAGE % "x", tmp_path, {}) as session:
        await session.read("First", "Second")
        assert not session.left
    async with Session(PAGE % "y", tmp_path, {}) as session:
        await session.read("First")
        with pytest.raises(AssertionError, match="line 19 shows\ny\n"):
            await session.read("Second")


async def test_what_is_only_run_has_to_go_well(tmp_path: Path):
    page = "## First\n```bash\nfalse\n```\n"
    async with Session(page, tmp_path, {}) as session:
        with pytest.raises(AssertionError, match="line 3 ends with 1"):
            await session.read("First")
