"""With open access callers say who they are; there are no sessions."""

from pathlib import Path

from tests.integration.server.support import laneway


async def test_the_session_route_says_who_the_caller_is(tmp_path: Path):
    async with laneway(tmp_path) as server:
        nobody = (await server.api.get("/v1/session")).json
        assert (nobody["subject"], nobody["name"]) == ("anonymous", "anonymous")
        ann = (await server.api.get("/v1/session", Authorization="Bearer ann")).json
        assert (ann["subject"], ann["issuer"], ann["signed_in"]) == ("ann", None, False)
        assert {"submit", "approve", "admin"} <= set(ann["may"])


async def test_there_is_nothing_to_sign_in_to(tmp_path: Path):
    async with laneway(tmp_path) as server:
        assert (await server.api.post("/v1/session", {"token": "x"})).code == "not_found"
        assert (await server.api.get("/signin/company")).code == "not_found"
        assert (await server.api.get("/signin/company/callback")).code == "not_found"
        assert (await server.api.call("DELETE", "/v1/session")).status == 204
