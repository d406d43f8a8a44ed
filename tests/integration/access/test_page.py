"""The page for whom access is not open: what a stranger is told, and what each one sees."""

from laneway_server.access.document import Rule, Who
from laneway_server.access.ruling import Act
from tests.integration.access.support import EVERYBODY, Guard, entry
from tests.integration.server.support import LANE, SUBMISSION, lane


async def test_a_stranger_is_told_how_to_sign_in_and_nothing_else(guard: Guard):
    ways = await guard.api.get("/v1/session/ways")
    assert ways.json == {
        "open": False,
        "tokens": True,
        "issuers": [{"name": "company", "link": "/signin/company"}],
    }
    assert ways.headers["Cache-Control"] == "no-store"
    guard.document(issuers=(entry(guard.issuer, sign_in=None),))
    assert (await guard.api.get("/v1/session/ways")).json["issuers"] == []


async def test_the_page_itself_is_for_everybody_and_what_it_shows_is_not(guard: Guard):
    page = await guard.api.get("/lanes/shop/eu/testing", Accept="text/html")
    assert page.status == 200
    assert b"testing" not in page.content
    for path in ("/v1/lanes", "/v1/events", "/v1/session"):
        assert (await guard.api.get(path)).code == "authentication_required"


async def test_a_list_has_the_lanes_and_the_operations_that_the_caller_may_read(guard: Guard):
    here = Who(subjects=("company:here",))
    gates = Rule(
        name="gates", who=here, may=(Act.READ,), plans=("gate",), instances=("testing", "3")
    )
    ann = Who(subjects=("company:ann",))
    guard.document(rules=(gates, Rule(name="ann", who=ann, may=EVERYBODY.may)))
    for number, (plan, instance) in enumerate((("work", "testing"), ("gate", "3"), ("gate", "4"))):
        headers = {
            "Authorization": f"Bearer {guard.issuer.mint(sub='ann')}",
            "Idempotency-Key": f"k{number}",
        }
        asked = SUBMISSION | {"plan": plan, "lane": lane(instance)}
        answer = await guard.api.call("POST", "/v1/operations", headers=headers, json=asked)
        assert answer.status == 202
    seen = (await guard.asked(guard.issuer.mint(sub="here"), "/v1/lanes")).json["lanes"]
    assert [each["lane"] for each in seen] == [lane("3"), LANE]
    third, testing = seen
    assert third["holder"]["plan"]["name"] == "gate"
    # That it is busy is told; by what is not.
    assert (testing["busy"], testing["holder"], testing["last_pass"]) == (True, None, None)
    whole = (await guard.asked(guard.issuer.mint(sub="ann"), "/v1/lanes")).json["lanes"]
    assert len(whole) == 10
    nobody = await guard.asked(guard.issuer.mint(sub="nobody"), "/v1/lanes")
    assert nobody.json == {"lanes": [], "next_cursor": None}
    assert "Laneway-Position" not in nobody.headers  # how much happens is not for them
