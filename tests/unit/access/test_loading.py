"""The access file: what it becomes, and where it is wrong."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from laneway_server.access.document import PersonClaim, SignIn
from laneway_server.access.loading import AccessInvalid, load_access
from laneway_server.access.ruling import Act
from tests.unit.access.support import COMPANY, DIGEST, GITHUB

WHOLE = f"""\
version: 1
issuers:
  github: {{issuer: {GITHUB}, audience: laneway}}
  enterprise: {{issuer: {GITHUB}/acme, audience: laneway, jwks_url: "https://keys.example.org"}}
  company:
    issuer: {COMPANY}
    audience: laneway
    groups_claim: roles
    person: {{claim: github_id, prefix: "github:"}}
    sign_in: {{client_id: page, client_secret: env:SECRET, scopes: [openid, groups]}}
  partner: {{issuer: "http://127.0.0.1:8081/realm", audience: laneway, person: {{claim: sub}}}}
tokens:
  - {{name: ci, digest: "{DIGEST}", expires: "2027-01-01T01:00:00+01:00", groups: [readers]}}
rules:
  - name: all
    who:
      issuers: [github, token]
      repository: acme/odoo
      repository_ids: [74, "75"]
      workflow_refs: [acme/odoo/.github/workflows/*@refs/heads/main]
    may: [submit, read]
    instances: [testing]
"""


def document(text: str = WHOLE) -> Any:
    return load_access(text, "access.yaml").document


def errors(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(AccessInvalid) as invalid:
        load_access(text, "access.yaml")
    return [(each.line, each.column, each.code) for each in invalid.value.errors]


def unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its marks (``^``), and the places that follow them."""
    places = []
    while (at := text.find("^")) >= 0:
        places.append((text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)))
        text = text[:at] + text[at + 1 :]
    return text, places


def messages(text: str) -> str:
    with pytest.raises(AccessInvalid) as invalid:
        load_access(text, "access.yaml")
    return str(invalid.value)


def test_a_whole_file():
    found = document()
    (rule,) = found.rules
    assert (rule.name, rule.may, rule.instances) == ("all", (Act.SUBMIT, Act.READ), ("testing",))
    assert rule.who.repository_ids == ("74", "75")
    company = found.issuer("company")
    assert company.groups_claim == "roles"
    assert company.person == PersonClaim(claim="github_id", prefix="github:")
    secret = "env:SECRET"
    signing_in = SignIn(client_id="page", client_secret=secret, scopes=("openid", "groups"))
    assert company.sign_in == signing_in
    assert company.jwks_url is None
    assert found.issuer_of(COMPANY) is company
    assert found.issuer_of(f"{COMPANY}/") is None
    assert found.issuer("nobody") is None


def test_an_expiry_is_an_instant():
    token = document().token("ci")
    assert (token.expires, token.revoked, token.subject) == (
        "2027-01-01T00:00:00.000Z",
        False,
        "token:ci",
    )
    assert document().token("cd") is None


def test_what_goes_without_saying_of_github():
    github, enterprise = document().issuer("github"), document().issuer("enterprise")
    assert github.jwks_url == f"{GITHUB}/.well-known/jwks"
    assert github.person == PersonClaim(claim="actor_id", prefix="github:")
    assert enterprise.person == github.person
    assert enterprise.jwks_url == "https://keys.example.org"


def test_a_person_of_another_issuer_is_nobody_elses_without_a_prefix():
    assert document().issuer("partner").person == PersonClaim(claim="sub", prefix="partner:")


def test_the_digest_is_of_what_is_said_and_not_of_how():
    laid_out_anew = WHOLE.replace("[submit, read]", "\n      - submit\n      - read  # why")
    assert document(laid_out_anew).digest == document().digest
    for other in ("may: [read]", "may: [read, submit]"):
        assert document(WHOLE.replace("may: [submit, read]", other)).digest != document().digest


# --- what is wrong -------------------------------------------------------------------------------

RULE = "  - {name: r, who: {issuers: [github]}, may: [read]}\n"
HEAD = f"version: 1\nissuers:\n  github: {{issuer: {GITHUB}, audience: laneway}}\n"


def ruled(who: str) -> str:
    return f"{HEAD}rules:\n  - {{name: r, may: [read], who: {who}}}\n"


def tokens(*entries: str) -> str:
    return (
        "version: 1\ntokens:\n" + "".join(f"  - {{{each}}}\n" for each in entries) + "rules: []\n"
    )


OTHER_DIGEST = DIGEST.replace("0", "1")


@pytest.mark.parametrize(
    ("marked", "codes"),
    [
        ("version: ^2\nrules: []\n", "wrong_value"),
        ("^rules: []\n", "missing_property"),
        ("version: 1\nrules: []\n^rule: []\n", "unknown_property"),
        ("version: 1\nrules: [^", "syntax"),
        (f"{HEAD}rules:\n{RULE}{RULE.replace('r,', '^r,')}", "duplicate_name"),
        (ruled("^{}"), "empty_who"),
        (ruled("^{refs: [], groups: []}"), "empty_who"),
        (ruled("{anyone: ^false}"), "wrong_value"),
        (ruled("{^anyone: true, groups: [a]}"), "anyone_and_more"),
        (ruled("{issuers: [github, ^gitlab, token]}"), "unknown_issuer"),
        (ruled("{refs: [^'refs/***', main, ^'a?']}"), "bad_glob bad_glob"),
        (ruled("{subjects: [^' a']}"), "bad_glob"),
        (ruled("{repository: ^acme/*}"), "bad_format"),
        (ruled("{repository_ids: [^0, 1, ^-1, '2']}"), "out_of_range out_of_range"),
        (ruled("{repository_ids: [^x, ^1.5, ^'07']}"), "bad_format wrong_type bad_format"),
        (ruled("{anyone: true}").replace("[read]", "^[]"), "out_of_range"),
        (ruled("{anyone: true}").replace("read", "^red"), "wrong_value"),
        (tokens(f"name: a, digest: {DIGEST}, expires: ^2027-01-01"), "bad_date"),
        (tokens(f"name: a, digest: {DIGEST}, expires: ^soon"), "bad_date"),
        (tokens("name: a, digest: ^sha256:0"), "bad_format"),
        (
            tokens(f"name: a, digest: {DIGEST}", f"name: ^a, digest: {OTHER_DIGEST}"),
            "duplicate_name",
        ),
        (tokens(f"name: a, digest: {DIGEST}", f"name: b, digest: ^{DIGEST}"), "duplicate_digest"),
        (HEAD.replace("github:", "^token:", 1) + "rules: []\n", "reserved_name"),
        (HEAD.replace("github:", "^'a:b':", 1) + "rules: []\n", "bad_format"),
        (f"{HEAD}  b: {{issuer: ^{GITHUB}, audience: x}}\nrules: []\n", "duplicate_issuer"),
        (HEAD.replace("https:", "^http:") + "rules: []\n", "bad_format"),
    ],
)
def test_what_is_wrong_is_at_its_place(marked: str, codes: str):
    text, places = unmarked(marked)
    expected = [(*place, code) for place, code in zip(places, codes.split(), strict=True)]
    assert errors(text) == expected


def test_the_message_says_what_to_do():
    assert "did you mean 'github'?" in messages(ruled("{issuers: [gihub]}"))
    assert "for every identified caller: who: {anyone: true}" in messages(ruled("{}"))
    assert "the rule on line 5 has the same name" in messages(f"{HEAD}rules:\n{RULE}{RULE}")


@pytest.mark.parametrize(
    "text",
    [
        tokens("name: a, digest: laneway_hunter22"),
        HEAD.replace("}", ", sign_in: {client_id: a, client_secret: hunter22}}") + "rules: []\n",
        HEAD.replace("}", ", jwks_url: 'https://me:hunter22@example.org'}") + "rules: []\n",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(text: str):
    assert "hunter22" not in messages(text)


# --- the schema ----------------------------------------------------------------------------------

SCHEMA = json.loads((files("laneway") / "schemas" / "access.schema.json").read_text())


def fields(schema: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of a schema and what is in it, with the way to it."""
    for name, field in schema.get("properties", {}).items():
        yield f"{at}/{name}", field
    for name, inner in schema.get("$defs", {}).items():
        yield from fields(inner, f"{at}/{name}")


def test_it_is_a_schema_that_describes_every_field_once():
    Draft202012Validator.check_schema(SCHEMA)
    for path, field in fields(SCHEMA):
        told = SCHEMA["$defs"][field["$ref"].rpartition("/")[2]] if "$ref" in field else field
        assert (field.get("description") or told["description"]).endswith((".", "…`."))
        assert "description" in field or "title" in told, path


def test_the_schema_lists_every_act():
    assert SCHEMA["$defs"]["rule"]["properties"]["may"]["items"]["enum"] == list(Act)
