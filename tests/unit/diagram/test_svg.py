"""SVG pictures: sound, self-contained, harmless; and those in the documentation are up to date.

`LANEWAY_REWRITE_GOLDEN=1 pytest tests/unit/diagram` draws those anew. Look at them.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from laneway.core.compile import compile_plan
from laneway.core.model import Plan
from laneway.diagram import Overlay, svg
from laneway.diagram.style import POLICY
from tests.golden.script import rewriting
from tests.support import pictures
from tests.support.random_plans import ACTIONS, plans

IMAGES = pictures.ROOT / "docs" / "images"
SPACE = "{http://www.w3.org/2000/svg}"
ELEMENTS = frozenset({"svg", "title", "desc", "style", "g", "rect", "path", "circle", "text"})
HOSTILE = "</text><script>alert(1)</script> \"onload='x' &amp; ]]> \x00\x1b \u202e \ufffe & <"


def read(drawn: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawn)


def named(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in root.iter() if each.tag == SPACE + name]


def texts(root: ElementTree.Element) -> list[str]:
    return [each.text or "" for each in named(root, "text")]


def classes(root: ElementTree.Element) -> Iterator[str]:
    for each in root.iter():
        yield from (each.get("class") or "").split()


def check(drawn: str) -> ElementTree.Element:
    """It is XML, of elements that draw and do nothing else, and refers to nothing."""
    root = read(drawn)
    assert {each.tag.removeprefix(SPACE) for each in root.iter()} <= ELEMENTS
    attributes = [(key, value) for each in root.iter() for key, value in each.attrib.items()]
    assert not [key for key, _ in attributes if key.startswith("on") or "href" in key]
    assert not [key for key, _ in attributes if key == "style"]
    assert "url(" not in drawn
    assert "@import" not in drawn
    assert drawn.count("://") == 1, "but for the namespace, which is no reference"
    return root


@given(plans())
@settings(deadline=None)
def test_a_picture_is_sound_and_refers_to_nothing(document: dict[str, Any]):
    plan = compile_plan(document, ACTIONS).plan
    root = check(svg(plan))
    assert [each.get("role") for each in named(root, "svg")] == ["img"]
    assert (root[0].tag, root[1].tag) == (f"{SPACE}title", f"{SPACE}desc")
    drawn = texts(root)
    for phase in plan.phases.values():
        assert phase.title in drawn
        assert all(any(outcome in shown for shown in drawn) for outcome in phase.on)


def test_hostile_titles_are_text():
    phases = {
        name: {**phase, "title": HOSTILE} for name, phase in pictures.EVERYTHING["phases"].items()
    }
    document = {**pictures.EVERYTHING, "title": HOSTILE, "phases": phases}
    drawn = svg(compile_plan(document, ACTIONS).plan)
    check(drawn)
    assert "<script" not in drawn
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn


def test_every_class_that_is_used_has_a_rule():
    for plan, path in SHOWN.values():
        root = read(svg(plan, path))
        (style,) = named(root, "style")
        rules = {*re.findall(r"\.([a-z_-]+)", style.text or "")}
        assert {*classes(root)} <= rules


def test_the_policy_allows_the_style_of_every_picture_and_nothing_else():
    styles = {
        (named(read(svg(plan, path)), "style")[0].text or "") for plan, path in SHOWN.values()
    }
    (style,) = styles
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'; sandbox" == POLICY


def test_light_and_dark_colour_the_same_things():
    (style,) = named(read(svg(pictures.shipped().plan)), "style")
    light, _, dark = (style.text or "").partition("@media(prefers-color-scheme:dark){")
    coloured = re.compile(r"(\.[a-z_-]+)\{(fill|stroke):#")
    assert set(coloured.findall(light)) == set(coloured.findall(dark))


# --- what it says --------------------------------------------------------------------------------

SHOWN: dict[str, tuple[Plan, Overlay | None]] = {
    "shipped": (pictures.shipped().plan, None),
    "verify": (pictures.verify_lane().plan, None),
    "everything": (pictures.everything().plan, None),
    "approving": (pictures.shipped().plan, pictures.path(pictures.approving())),
    "running": (pictures.shipped().plan, pictures.path(pictures.bootstrapping())),
    "failed": (pictures.shipped().plan, pictures.path(pictures.failed())),
    "cancelled": (pictures.shipped().plan, pictures.path(pictures.cancelled())),
}


def drawn(name: str) -> ElementTree.Element:
    return check(svg(*SHOWN[name]))


@pytest.mark.parametrize("name", SHOWN)
def test_every_picture_is_sound(name: str):
    drawn(name)


def test_safety_is_told_by_colour_by_shape_and_in_words():
    root = drawn("shipped")
    words = texts(root)
    assert {"read", "mutation", "destructive", "approval", "parallel"} <= {*words}
    shapes = {
        hue: {each.get("d") for each in named(root, "path") if each.get("class") == f"f-{hue}"}
        for hue in ("read", "mutation", "destructive")
    }
    assert not shapes["read"] & shapes["mutation"]
    assert not shapes["read"] & shapes["destructive"]


def test_guards_retries_timeouts_approvals_and_the_point_of_no_return_are_there():
    words = {*texts(drawn("shipped"))}
    assert {"lane.instance == 'prod'", "otherwise", "20×", "45m", "release-manager"} <= words
    assert {"expires in 4h", "POINT OF NO RETURN", "Policy proof · Target proof ≤ 15m"} <= words
    more = {*texts(drawn("everything"))}
    assert {"until operation.created_at + duration('5m')", "deadline of 6h", "1m 30s"} <= more
    assert {"2 × release-manager", "at most 3×", "cancelled"} <= more


def test_without_a_path_nothing_is_taken_and_nothing_is_away():
    assert not {"taken", "away", "halo"} & {*classes(drawn("shipped"))}


def test_a_path_tells_where_the_operation_is_and_what_became_of_it():
    root = drawn("running")
    words = texts(root)
    assert [*classes(root)].count("halo") == 1
    assert "passed in 6.2s · 2 attempts" in words
    assert "running for 43.0s" in words
    away = {text for g in named(root, "g") if g.get("class") == "away" for text in texts(g)}
    assert {"Post-deploy", "Verification"} <= away
    assert not {"Bootstrap", "Policy proof"} & away


def test_a_path_that_has_ended_tells_why():
    words = texts(drawn("failed"))
    assert "the logo is Odoo's own" in words
    assert "failed after 2.7s" in words
    assert "ended here" in words


def test_a_cancelled_path_tells_where_it_was_left():
    words = " ".join(texts(drawn("cancelled")))
    assert "cancelled, out of Target proof after 2.0s" in words


# --- the documentation's -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "shown"),
    [("odoo-stable-bootstrap.svg", "shipped"), ("odoo-stable-bootstrap-running.svg", "running")],
)
def test_the_pictures_in_the_documentation_are_up_to_date(file: str, shown: str):
    picture = svg(*SHOWN[shown])
    if rewriting():
        IMAGES.mkdir(exist_ok=True)
        (IMAGES / file).write_text(picture, encoding="utf-8")
    assert (IMAGES / file).read_text(encoding="utf-8") == picture
