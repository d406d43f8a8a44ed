"""The page's files: where it can be entered, what it may do, and what is no part of it."""

import gzip
import re
from pathlib import Path

from yarl import URL

from laneway_server.assets import FOLDER, STYLES, Assets
from laneway_server.routes import ui
from tests.integration.server.support import Answer, Api

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ENTRANCES = (
    "/",
    "/lanes/odoo/cm/testing",
    "/operations",
    "/operations?status=waiting&product=odoo",
    "/operations/op_00000000000000000000000000?tab=events",
    "/plans",
    "/plans/odoo-stable-bootstrap",
    "/submit?plan=work&product=odoo",
    "/audit",
    "/signin?return_to=%2Flanes%2Fa%2Fb%2Fc",
)
NONE = (
    "nothing.js",
    "lib",
    "lib/",
    "__init__.py",
    "../app.py",
    "..%2fapp.py",
    "%2e%2e/app.py",
    "lib/..%2f..%2fapp.js",
    "lib%2f..%2f..%2f..%2f..%2fpyproject.toml",
    "%2fetc%2fpasswd",
    "lib/dom.js%00.css",
    "lib/dom.js/",
    "LIB/DOM.JS",
    "lib//dom.js",
    "lib/.hidden.js",
    "lib\\dom.js",
)
FILES = [
    each.relative_to(FOLDER).as_posix()
    for each in sorted(FOLDER.rglob("*"))
    if each.suffix in (".js", ".css", ".svg")
]


async def entered(api: Api, path: str, **headers: str) -> Answer:
    return await api.get(path, Accept=BROWSER, **headers)


async def test_every_address_of_the_page_answers_the_same_document(api: Api):
    for path in ENTRANCES:
        answer = await entered(api, path)
        assert answer.status == 200, path
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.content == (FOLDER / "index.html").read_bytes()


async def test_a_program_that_asks_for_no_html_gets_links(api: Api):
    for accept in ("*/*", "application/json", ""):
        answer = await api.get("/", Accept=accept)
        assert b"/openapi.json" in answer.content
        assert b"<script" not in answer.content
        assert "Accept" in answer.headers["Vary"]
    assert "Accept" in (await entered(api, "/")).headers["Vary"]


async def test_the_page_may_load_and_run_what_the_server_serves_and_nothing_else(api: Api):
    for path in ("/", "/plans", "/ui/main.js", "/ui/favicon.svg"):
        answer = await entered(api, path)
        said = dict(
            part.strip().partition(" ")[::2]
            for part in answer.headers["Content-Security-Policy"].split(";")
        )
        assert said.pop("default-src") == "'none'"
        assert said.pop("require-trusted-types-for") == "'script'"
        for name in ("base-uri", "frame-ancestors", "trusted-types"):
            assert said.pop(name) == "'none'"
        assert said.pop("img-src") == "'self' data:"
        assert set(said.values()) == {"'self'"}


async def test_nothing_in_the_document_is_inline_or_of_another_host(api: Api):
    text = (await entered(api, "/")).content.decode()
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text) == []
    assert all(" src=" in tag for tag in re.findall("<script[^>]*>", text))
    assert re.findall(r"(?:src|href)=\"(?!/|#)", text) == []


async def test_everything_that_the_document_names_is_there(api: Api):
    text = (await entered(api, "/")).content.decode()
    named = re.findall(r"(?:src|href)=\"(/ui/[^\"]+)\"", text)
    assert len(named) > 15
    for path in named:
        assert (await api.get(path)).status == 200, path


def test_modules_that_the_first_view_needs_are_asked_for_at_once():
    """Else a browser finds them one after the other."""
    text = (FOLDER / "index.html").read_text()
    told = set(re.findall(r"modulepreload\"[^>]*href=\"/ui/([^\"]+)\"", text))
    needed, found = set(), ["main.js"]
    while found:
        name = found.pop()
        module = (FOLDER / name).read_text()
        for other in re.findall(r"^(?:import|export) [^;]*?\"(\.[^\"]+)\";", module, re.M):
            path = (FOLDER / name).parent.joinpath(other).resolve().relative_to(FOLDER.resolve())
            if path.as_posix() not in needed:
                needed.add(path.as_posix())
                found.append(path.as_posix())
    assert told == needed


async def test_every_file_is_served_as_what_it_is(api: Api):
    media = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    for name in FILES:
        answer = await api.get(f"/ui/{name}", Accept_Encoding="identity")
        assert answer.status == 200, name
        assert answer.headers["Content-Type"] == f"{media[name.rpartition('.')[2]]}; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.content == (FOLDER / name).read_bytes()


async def test_what_a_browser_has_is_not_sent_again(api: Api):
    for path in ("/", "/operations", "/ui/main.js", f"/ui/{STYLES}"):
        first = await entered(api, path)
        tag = first.headers["ETag"]
        again = await entered(api, path, If_None_Match=f'"other", {tag}')
        assert (again.status, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert (await entered(api, path, If_None_Match='"other"')).status == 200


async def test_what_is_long_is_sent_packed_to_who_takes_that(api: Api):
    url = f"{api.url}/ui/lib/dom.js"
    whole = (FOLDER / "lib" / "dom.js").read_bytes()
    tags = set()
    for accepted, coding in (("gzip, br", "gzip"), ("gzip;q=0", None), ("identity", None)):
        headers = {"Accept-Encoding": accepted}
        async with api.session.get(url, headers=headers, auto_decompress=False) as answer:
            assert answer.headers.get("Content-Encoding") == coding
            body = await answer.read()
            assert (gzip.decompress(body) if coding else body) == whole
            assert "Accept-Encoding" in answer.headers["Vary"]
            tags.add((answer.headers["ETag"], coding))
    assert len(tags) == 2, "what is coded in another way is another thing to a cache"


async def test_nothing_else_is_served(api: Api):
    for path in NONE:
        url = URL(f"{api.url}/ui/{path}", encoded=True)
        async with api.session.get(url) as answer:
            assert answer.status == 404, path
            assert answer.content_type == "application/problem+json"


def test_a_file_that_leads_out_by_its_name_is_none(tmp_path: Path):
    (tmp_path / "ui").mkdir()
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "ui" / "own.js").write_text("own")
    assets = Assets(tmp_path / "ui")
    found = assets.find("own.js")
    assert found is not None
    assert found.body == b"own"
    for name in ("../secret.js", "own.js\n", "./own.js", "own.py", "", "/own.js"):
        assert assets.find(name) is None


def test_a_file_that_has_changed_is_read_again(tmp_path: Path):
    (tmp_path / "own.js").write_text("first")
    assets = Assets(tmp_path)
    first = assets.find("own.js")
    assert first is assets.find("own.js"), "it is not read each time"
    (tmp_path / "own.js").write_text("the second")
    second = assets.find("own.js")
    assert first is not None
    assert second is not None
    assert second.body == b"the second"
    assert first.tag != second.tag


def test_all_style_sheets_are_one_those_first_that_the_others_build_on():
    asset = Assets().find(STYLES)
    assert asset is not None
    text = asset.body.decode()
    sheets = sorted((FOLDER / "css").glob("*.css"))
    places = {sheet.stem: text.index(sheet.read_text()) for sheet in sheets}
    assert sorted(places, key=places.__getitem__)[:6] == [
        "tokens",
        "base",
        "layout",
        "components",
        "forms",
        "data",
    ]


def test_no_source_speaks_of_another_host():
    for name in FILES:
        text = (FOLDER / name).read_text()
        hosts = set(re.findall(r"https?://([\w.]+)", text))
        assert hosts <= {"www.w3.org", "example.org"}, name


def test_the_policy_is_one_line():
    assert "\n" not in ui.POLICY
