"""What others wrote stays text: in the log, in annotations, in outputs, in the summary."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway_server.cli.github.commands import Log, LogFile, Outputs
from laneway_server.cli.github.markdown import MOST, SummaryFile, code, md, table
from tests.integration.github.runner import Command, obeyed, outputs

COMMANDS = [
    "::error::gotcha",
    "   ::set-output name=status::pass",
    "##[add-mask]a",
    "see ##[error]this",
    "::stop-commands::mine",
    "::mine::",
    "x\n::warning::y",
    "x\r::warning::y",
    "x\u2028::warning::y",
    "%0A::error::z",
    "::endgroup::",
    "::add-path::/tmp",
]
HOSTILE = st.lists(st.sampled_from(COMMANDS) | st.text(max_size=20), max_size=5).map("\n".join)


def written(work: Callable[[Log], None]) -> str:
    lines: list[str] = []
    log = Log(lines.append)
    work(log)
    log.close()
    return "\n".join(lines)


@given(st.lists(HOSTILE, max_size=5))
def test_no_text_is_obeyed(texts: list[str]):
    def work(log: Log) -> None:
        for text in texts:
            log.text(text)
            log.command("group", "mine")

    assert obeyed(written(work)) == [Command("group", {}, "mine")] * len(texts)


@given(HOSTILE, HOSTILE)
def test_an_annotation_is_one_command_whatever_it_holds(title: str, message: str):
    log = written(lambda log: log.command("error", message, title=title))
    (command,) = obeyed(log)
    assert command.name == "error"
    assert command.properties == {"title": title.replace("##[", "## [")}
    assert command.message == message.replace("##[", "## [")


@given(HOSTILE)
def test_what_is_printed_by_others_through_the_log_is_not_obeyed(text: str):
    def work(log: Log) -> None:
        file = LogFile(log)
        for part in (text[: len(text) // 2], text[len(text) // 2 :], "\n"):
            assert file.write(part) == len(part)

    assert obeyed(written(work)) == []


def test_every_stop_has_a_token_of_its_own():
    def work(log: Log) -> None:
        for _ in range(3):
            log.text("x")
            log.command("endgroup")

    tokens = [line for line in written(work).splitlines() if line.startswith("::stop-commands::")]
    assert len(set(tokens)) == 3
    assert min(map(len, tokens)) > 40


@given(st.dictionaries(st.sampled_from(["status", "evidence"]), HOSTILE))
def test_an_output_sets_itself_and_no_other(values: dict[str, str]):
    found: list[str] = []

    class File:
        def open(self, *_: object, **__: object) -> "File":
            return self

        def __enter__(self) -> "File":
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def write(self, text: str) -> None:
            found.append(text)

    Outputs(File()).set(**values)  # type: ignore[arg-type]
    assert outputs("".join(found)) == values


def test_outputs_are_appended_and_go_nowhere_without_a_file(tmp_path: Path):
    file = tmp_path / "output"
    file.write_text("earlier=1\n")
    Outputs(file).set(status="fail\nstatus=pass", operation_id="op_1")
    assert outputs(file.read_text()) == {
        "earlier": "1",
        "status": "fail\nstatus=pass",
        "operation_id": "op_1",
    }
    Outputs(None).set(status="pass")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"),
        ("<img src=x>", "\\<img src\\=x\\>"),
        ("![x](http://e)", "\\!\\[x\\]\\(http\\:\\/\\/e\\)"),
        ("`c` **b** _i_", "\\`c\\` \\*\\*b\\*\\* \\_i\\_"),
        ("@octocat #1", "&#64;&#8203;octocat \\#1"),
        ("a\n# b", "a \\# b"),
        ("\x1b[2J\u202e", "␛\\[2J\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_markdown_shows_what_was_written(text: str, shown: str):
    assert md(text) == shown


def test_code_cannot_be_left():
    assert code("a`` b ```") == "`` a'' b ''' ``"


def test_a_cell_cannot_be_left():
    made = table(["a", "b"], [[md("x | y\nz"), md("w")]])
    assert made.splitlines()[2] == "| x \\| y z | w |"


def test_a_summary_keeps_what_was_there_and_replaces_itself(tmp_path: Path):
    file = tmp_path / "summary"
    file.write_text("# of the step before\n")
    summary = SummaryFile(file)
    summary.write("a long first version\n")
    summary.write("the second\n")
    assert file.read_text() == "# of the step before\nthe second\n"


def test_a_summary_is_never_longer_than_github_takes(tmp_path: Path):
    file = tmp_path / "summary"
    file.write_text("x" * 1_000)
    SummaryFile(file).write("é line\n" * MOST)
    assert len(file.read_bytes()) <= MOST
    assert file.read_text().endswith("é line\n\n… the rest is in the log.\n")


def test_a_summary_that_is_not_wanted_is_not_written():
    SummaryFile(None).write("x")
