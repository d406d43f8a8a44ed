"""What is known of plans: their text, their proofs, their versions and how these differ."""

from typing import Any

import pytest

from laneway.loading.plans import LoadedPlan, PlanCatalog, PlanInvalid, load_plan
from laneway.ports.plan_versions import PlanContent, PlanVersion
from tests.integration.server.support import BROKEN, PLANS, SPECS, Api, Laneway, register

DOUBTFUL = """plan: gate
version: 2
start: ask
phases:
  ask:
    approval: {role: release-manager, quorum: 2, expires: 1h, allow_requester: true}
    on: {approved: change, rejected: refused, expired: refused}
  change: {action: test.change, on: {pass: pass, fail: fail}}
  pass: {end: pass}
  fail: {end: fail}
  refused: {end: refused}
"""
WAY_ROUND = """plan: round
version: 1
start: act
phases:
  act: {action: test.act, on: {pass: act, fail: fail}, max_visits: 2}
  fail: {end: fail}
"""


def load(text: str, file: str = "/srv/plans/gate.yaml") -> LoadedPlan:
    return load_plan(text, file, SPECS)


def errors_of(text: str, file: str) -> Any:
    with pytest.raises(PlanInvalid) as refused:
        load(text, file)
    return refused.value.errors


async def version(server: Laneway, text: str, *, kept: bool = True) -> str:
    """Have a version of a plan known; its digest."""
    loaded = load(text)
    plan = loaded.compiled.plan
    seen = PlanVersion(
        name=plan.name,
        version=plan.version,
        digest=plan.digest,
        first_seen_at=server.clock.now(),
    )
    content = PlanContent(
        digest=plan.digest, source=text, document=plan.document, actions=dict(loaded.actions)
    )
    await server.engine.store.plan_versions.register([seen], [content] if kept else [])
    return plan.digest


# --- the text ------------------------------------------------------------------------------------


async def test_the_text_of_a_plan_is_as_it_was_loaded(api: Api):
    shown = (await api.get("/v1/plans/work/source")).json
    assert shown["text"] == PLANS[0]
    assert (shown["file"], shown["offered"], shown["plan"]["name"]) == ("plan.yaml", True, "work")


async def test_what_is_doubtful_stands_at_its_line_with_a_way(server: Laneway, api: Api):
    server.services.plans.plans["gate"] = load(DOUBTFUL)  # type: ignore[index]
    listed = {plan["name"]: plan for plan in (await api.get("/v1/plans")).json["plans"]}
    shown = (await api.get(listed["gate"]["links"]["source"])).json
    assert listed["gate"]["warnings"] == len(shown["findings"])
    found = {finding["code"]: finding for finding in shown["findings"]}
    assert {finding["severity"] for finding in shown["findings"]} == {"warning"}
    left = found["nothing_verified"]
    assert DOUBTFUL.splitlines()[left["line"] - 1].startswith("  change:")
    assert left["way"] == "ask -approved-> change -pass-> pass"
    assert [(step["phase"], step["outcome"], step["line"]) for step in left["witness"]] == [
        ("ask", "approved", 5),
        ("change", "pass", 8),
        ("pass", None, 9),
    ]


async def test_a_file_that_did_not_load_is_read_by_its_name(api: Api):
    shown = (await api.get("/v1/plan-files/broken.yaml")).json
    assert (shown["file"], shown["text"]) == ("broken.yaml", BROKEN)
    assert (shown["offered"], shown["plan"]) == (False, None)
    assert {finding["severity"] for finding in shown["findings"]} == {"error"}
    listed = (await api.get("/v1/plans")).json["errors"]
    assert [each["code"] for each in shown["findings"]] == [each["code"] for each in listed]


async def test_an_error_shows_the_way_on_which_it_is_so(server: Laneway, api: Api):
    file = "/srv/plans/round.yaml"
    catalog: Any = server.services.plans
    catalog.errors[file] = errors_of(WAY_ROUND, file)
    catalog.texts[file] = WAY_ROUND
    shown = (await api.get("/v1/plan-files/round.yaml")).json
    (again,) = [each for each in shown["findings"] if each["code"] == "destructive_again"]
    assert [step["phase"] for step in again["witness"]][:2] == ["act", "act"]
    assert again["witness"][0]["line"] == 5


async def test_a_file_that_broke_names_the_plan_that_is_offered_still(server: Laneway, api: Api):
    catalog: Any = server.services.plans
    catalog.errors["plan.yaml"] = errors_of(BROKEN, "plan.yaml")
    catalog.texts["plan.yaml"] = BROKEN
    shown = (await api.get("/v1/plan-files/plan.yaml")).json
    assert (shown["text"], shown["offered"], shown["plan"]["name"]) == (BROKEN, False, "work")
    assert (await api.get("/v1/plans/work/source")).json["text"] == PLANS[0]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/plan-files/nothing.yaml",
        "/v1/plan-files/..%2Fbroken.yaml",
        "/v1/plan-files/%2Fsrv%2Fplans%2Fbroken.yaml",
        "/v1/plans/broken/source",
        "/v1/plans/nothing/proofs",
        "/v1/plans/nothing/versions",
        "/v1/plans/nothing/difference?from=1&to=2",
    ],
)
async def test_what_is_not_there_is_not_found(api: Api, path: str):
    answer = await api.get(path)
    assert (answer.status, answer.code) == (404, "plan_not_found")


# --- proofs --------------------------------------------------------------------------------------


async def test_what_is_known_of_a_plan(api: Api):
    known = (await api.get("/v1/plans/gate/proofs")).json
    facts = known["facts"]
    assert [(end["phase"], end["end"]) for end in facts["endings"]] == [
        ("pass", "pass"),
        ("fail", "fail"),
        ("refused", "refused"),
    ]
    (approval,) = facts["approvals"]
    assert (approval["role"], approval["quorum"]) == ("release-manager", 1)
    assert (approval["expires"], approval["allow_requester"]) == (3_600_000, False)
    steps = [(step["phase"], step["outcome"]) for step in facts["longest"]["steps"]]
    assert steps[0] == ("ask", "approved")
    assert steps[-1] == ("pass", None)
    assert facts["longest"]["takes"] == sum(step["takes"] for step in facts["longest"]["steps"])
    assert facts["dominators"]["change"] == ["ask"]


async def test_where_a_plan_commits_and_destroys(api: Api):
    facts = (await api.get("/v1/plans/work/proofs")).json["facts"]
    assert facts["destructive"] == facts["point_of_no_return"] == ["act"]
    assert facts["approvals"] == []


async def test_every_rule_is_told_with_what_was_found(server: Laneway, api: Api):
    server.services.plans.plans["gate"] = load(DOUBTFUL)  # type: ignore[index]
    proofs = {
        each["code"]: each for each in (await api.get("/v1/plans/gate/proofs")).json["proofs"]
    }
    assert proofs["destructive_again"]["findings"] == 0
    assert proofs["destructive_again"]["severity"] == "error"
    assert proofs["nothing_verified"]["findings"] == 1


async def test_a_plan_in_words(api: Api):
    known = (await api.get("/v1/plans/gate/proofs")).json
    assert {said["about"] for said in known["says"]} >= {"lane", "deadline", "worst case"}
    told = {phase["name"]: phase for phase in known["phases"]}
    assert (told["ask"]["kind"], told["left"]["branch"]) == ("approval", True)
    assert any("one person with the role" in said["words"] for said in told["ask"]["says"])


# --- versions ------------------------------------------------------------------------------------


async def test_versions_newest_first_with_the_one_that_is_offered(server: Laneway, api: Api):
    await register(server)
    digest = await version(server, DOUBTFUL)
    await version(server, DOUBTFUL.replace("version: 2", "version: 3"), kept=False)
    shown = (await api.get("/v1/plans/gate/versions")).json
    told = [(each["version"], each["offered"], each["kept"]) for each in shown["versions"]]
    assert told == [(3, False, False), (2, False, True), (1, True, True)]
    assert shown["versions"][1]["digest"] == digest
    assert shown["versions"][0]["first_seen_at"] == server.clock.now()


async def test_a_version_is_read_by_number_or_digest(server: Laneway, api: Api):
    digest = await version(server, DOUBTFUL)
    for which in ("2", digest):
        shown = (await api.get(f"/v1/plans/gate/versions/{which}")).json
        assert (shown["name"], shown["version"], shown["digest"]) == ("gate", 2, digest)
        assert shown["text"] == DOUBTFUL
        assert shown["document"]["phases"]["ask"]["approval"]["quorum"] == 2


async def test_versions_of_a_plan_that_is_no_longer_offered_are_read(server: Laneway, api: Api):
    await version(
        server, WAY_ROUND.replace("pass: act", "pass: fail").replace(", max_visits: 2", "")
    )
    assert (await api.get("/v1/plans/round")).status == 404
    (shown,) = (await api.get("/v1/plans/round/versions")).json["versions"]
    assert (shown["offered"], shown["kept"]) == (False, True)
    assert (await api.get("/v1/plans/round/versions/1")).json["title"] == "round"


async def test_a_version_of_another_plan_is_none_of_this(server: Laneway, api: Api):
    digest = await version(server, DOUBTFUL)
    await register(server)
    for path in (f"versions/{digest}", "versions/7", f"difference?from=1&to={digest}"):
        answer = await api.get(f"/v1/plans/work/{path}")
        assert (answer.status, answer.code) == (404, "plan_not_found")


async def test_a_version_of_which_nothing_is_kept_says_so(server: Laneway, api: Api):
    await version(server, DOUBTFUL, kept=False)
    answer = await api.get("/v1/plans/gate/versions/2")
    assert answer.code == "plan_not_found"
    assert "was loaded before versions were kept" in answer.json["detail"]


# --- differences ---------------------------------------------------------------------------------


async def test_a_difference_tells_what_is_dangerous_first(server: Laneway, api: Api):
    await register(server)
    await version(server, DOUBTFUL)
    shown = (await api.get("/v1/plans/gate/difference?from=1&to=2")).json
    assert (shown["old"]["version"], shown["new"]["version"]) == (1, 2)
    assert (shown["version"], shown["worst"]) == ("raised", "dangerous")
    order = ["dangerous", "looser", "neutral", "stricter"]
    bearings = [order.index(change["bearing"]) for change in shown["changes"]]
    assert bearings == sorted(bearings)
    about = {(change["phase"], change["bearing"]) for change in shown["changes"]}
    assert ("ask", "dangerous") in about
    assert "version 1 stay on it" in shown["in_flight"]


async def test_a_difference_shows_the_lines(server: Laneway, api: Api):
    await version(server, DOUBTFUL)
    await version(server, DOUBTFUL.replace("version: 2", "version: 3").replace("1h", "2h"))
    shown = (await api.get("/v1/plans/gate/difference?from=2&to=3")).json
    (lines,) = shown["hunks"]
    changed = [(line["old"], line["new"], line["text"].strip()[:10]) for line in lines]
    assert changed[:4] == [
        (1, 1, "plan: gate"),
        (2, None, "version: 2"),
        (None, 2, "version: 3"),
        (3, 3, "start: ask"),
    ]
    both = [line for line in lines if line["old"] and line["new"]]
    assert all(DOUBTFUL.splitlines()[line["old"] - 1] == line["text"] for line in both)


async def test_a_version_does_not_differ_from_itself(server: Laneway, api: Api):
    digest = await version(server, DOUBTFUL)
    shown = (await api.get(f"/v1/plans/gate/difference?from=2&to={digest}")).json
    assert (shown["version"], shown["worst"]) == ("same_content", None)
    assert shown["changes"] == shown["hunks"] == []


@pytest.mark.parametrize(
    "query", ["", "?from=1", "?from=one&to=2", "?from=0&to=1", "?from=1&to=-1"]
)
async def test_what_to_compare_must_be_said(api: Api, query: str):
    answer = await api.get(f"/v1/plans/gate/difference{query}")
    assert (answer.status, answer.code) == (422, "request_invalid")


# --- files ---------------------------------------------------------------------------------------


def test_files_with_errors_keep_their_text(tmp_path):
    from laneway.loading.plans import load_folder

    (tmp_path / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "latin.yaml").write_bytes("plan: süß\n".encode("latin-1"))
    for file in ("one.yaml", "two.yaml"):
        (tmp_path / file).write_text(PLANS[0], encoding="utf-8")
    catalog: PlanCatalog = load_folder(tmp_path, SPECS)
    assert {path.rsplit("/", 1)[1]: text for path, text in catalog.texts.items()} == {
        "broken.yaml": BROKEN,
        "latin.yaml": "plan: s\ufffd\ufffd\n",
        "one.yaml": PLANS[0],
        "two.yaml": PLANS[0],
    }
