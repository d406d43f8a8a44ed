"""The page's files: nothing in them could become markup, and all that they name is there."""

import re
from pathlib import Path

import pytest

from laneway_server.assets import STYLES as STYLE_SHEETS
from laneway_server.assets import Assets

from . import sources
from .sources import INDEX, SCRIPTS, STYLES, name

FORBIDDEN = {
    r"\b(inner|outer)HTML\b": "texts become text nodes, and never markup",
    r"\binsertAdjacentHTML\b": "texts become text nodes, and never markup",
    r"\bcreateContextualFragment\b|\bDOMParser\b|\bsrcdoc\b": "nothing is parsed as markup",
    r"\bdocument\s*\.\s*write": "nothing is parsed as markup",
    r"\beval\s*\(|\bnew\s+Function\b": "no text becomes code",
    r"\bset(Timeout|Interval)\s*\(\s*[\"'`]": "no text becomes code",
    r"javascript:": "no text becomes code",
    r"\bstyle\s*[=:]\s*[\"'`]|setAttribute\(\s*[\"']style": "styles are in /ui/css",
    r"\bcssText\b|\binsertRule\b": "styles are in /ui/css",
    r"\bcreatePolicy\b": "nothing is to be trusted as markup",
}
"""What no file of the page says, not in a comment either, and why."""

NAMED = ("http://www.w3.org/2000/svg", "https://example.org/")  # a name, and an example
ADDRESS = re.compile(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s\"'`)]*", re.I)
MOST_LINES = {".js": 300, ".css": 400, ".html": 100}

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=name)
every_style = pytest.mark.parametrize("style", STYLES, ids=name)
every_file = pytest.mark.parametrize("file", [INDEX, *SCRIPTS, *STYLES], ids=name)


@every_script
def test_a_browser_can_read_it_and_every_import_is_there(script: Path):
    assert sources.compiled()[name(script)]["problem"] is None
    for each in sources.imported(script):
        assert each.is_file(), f"{name(script)} imports {each.name}, which is not there"


@every_script
def test_somebody_imports_it(script: Path):
    assert script in sources.reached(), "no browser ever loads it"


@every_file
def test_it_says_nothing_that_could_become_markup_or_code(file: Path):
    text = file.read_text(encoding="utf-8")
    for words, why in FORBIDDEN.items():
        found = re.search(words, text)
        assert found is None, f"{found[0]}, line {text.count(chr(10), 0, found.start()) + 1}: {why}"


@every_file
def test_it_names_no_other_host(file: Path):
    named = [each[0] for each in ADDRESS.finditer(file.read_text(encoding="utf-8"))]
    assert {*named} <= {*NAMED}


@every_file
def test_it_is_short_enough_to_be_read(file: Path):
    assert len(file.read_text(encoding="utf-8").splitlines()) < MOST_LINES[file.suffix]


@every_style
def test_it_comes_with_the_page(style: Path):
    sheets = Assets().find(STYLE_SHEETS)
    assert sheets is not None
    assert style.read_bytes() in sheets.body
    assert f'href="/ui/{STYLE_SHEETS}"' in INDEX.read_text(encoding="utf-8")


def test_what_the_page_names_is_there():
    named = re.findall(r'(?:href|src)="/ui/([^"]+)"', INDEX.read_text(encoding="utf-8"))
    assert [each for each in named if Assets().find(each) is None] == []


@every_style
def test_its_custom_properties_are_said_somewhere(style: Path):
    texts = [each.read_text(encoding="utf-8") for each in STYLES]
    said = {
        found for text in texts for found in re.findall(r"(?:^|[{;])\s*(--[\w-]+)\s*:", text, re.M)
    }
    used = {*re.findall(r"var\(\s*(--[\w-]+)", style.read_text(encoding="utf-8"))}
    assert used <= said | _set_by_scripts()


@every_style
def test_its_colours_are_among_the_tokens(style: Path):
    text = re.sub(r"/\*.*?\*/", "", style.read_text(encoding="utf-8"), flags=re.S)
    if style.name != "tokens.css":
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*[;}])|\b(?:rgba?|hsla?|oklch)\(", text) == []


def test_the_page_has_no_code_or_style_of_its_own():
    text = INDEX.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", text) == []


def _set_by_scripts() -> set[str]:
    """Custom properties that say where something is, such as a bar of the timeline."""
    texts = (script.read_text(encoding="utf-8") for script in SCRIPTS)
    return {each for text in texts for each in re.findall(r'"(--[\w-]+)"', text)}
