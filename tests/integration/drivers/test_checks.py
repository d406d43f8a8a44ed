"""The checks of a lane's Odoo: a 200 that proves nothing is not a pass, and every probe is kept."""

from dataclasses import dataclass
from typing import Any

import pytest

from laneway.ports.driver import ActionFailed, ActionResult
from laneway.testing.simulators import Fault, odoo
from laneway.testing.simulators.faults import FaultBoard
from tests.integration.drivers.rig import Bench, bench

CHECKS = ("health", "canonical", "logo", "runtime_identity")


def faults(b: Bench) -> FaultBoard:
    return b.world.sites["testing"].faults


async def check(b: Bench, name: str, **given: Any) -> ActionResult:
    return await b.run(f"odoo.check_{name}", **given)


async def failing(b: Bench, name: str, **given: Any) -> tuple[str, str, dict[str, Any]]:
    """The code, the retry class and the evidence of a check that does not pass."""
    try:
        result = await check(b, name, **given)
    except ActionFailed as failed:
        return failed.failure.code, failed.failure.retry_class, failed.evidence
    assert result.failure is not None, "the check passed"
    assert result.outcome == "fail"
    return result.failure.code, result.failure.retry_class, result.evidence


@pytest.mark.parametrize("version", ["16.0", "17.0", "18.0", "19.0"])
async def test_a_bootstrapped_lane_passes_every_check(version: str):
    async with bench(odoo_version=version) as b:
        await b.bootstrapped()
        for name in CHECKS:
            result = await check(b, name)
            assert result.outcome == "pass", result
            assert {probe["status"] for probe in result.evidence["probes"]} == {"pass"}


@dataclass(frozen=True)
class Case:
    check: str
    fault: Fault
    code: str
    retry_class: str = ""
    route: str = "*"


CASES = [
    Case("health", Fault.HEALTH_DOWN, "health_unavailable", "unavailable"),
    Case("health", Fault.POSTGRES_DOWN, "health_unavailable", "unavailable"),
    Case("health", Fault.ANSWER_504, "health_timeout", "timeout"),
    Case("health", Fault.DROP_CONNECTION, "health_unavailable", "unavailable", "/web/login"),
    Case("canonical", Fault.STALE_CANONICAL, "canonical_mismatch"),
    Case("canonical", Fault.ANSWER_502, "canonical_unavailable", "unavailable"),
    Case("logo", Fault.STOCK_LOGO, "logo_stock_image"),
    Case("logo", Fault.STOCK_LOGO, "logo_stock_image", route="/logo.png"),
    Case("logo", Fault.PLACEHOLDER_LOGO, "logo_stock_image"),
    Case("logo", Fault.ANSWER_503, "logo_unavailable", "unavailable"),
    Case("runtime_identity", Fault.IDENTITY_MISMATCH, "runtime_identity_mismatch"),
    Case("runtime_identity", Fault.IDENTITY_MISSING, "runtime_identity_missing"),
    Case("runtime_identity", Fault.IDENTITY_MALFORMED, "runtime_identity_malformed"),
    Case("runtime_identity", Fault.HEALTH_DOWN, "runtime_identity_unavailable", "unavailable"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check} {case.fault} {case.route}")
async def test_what_goes_wrong_is_told_by_its_class(case: Case):
    async with bench() as b:
        await b.bootstrapped()
        faults(b).add(case.fault, route=case.route)
        code, retry_class, evidence = await failing(b, case.check)
        assert (code, retry_class) == (case.code, case.retry_class)
        assert "fail" in {probe["status"] for probe in evidence["probes"]}
        faults(b).clear()
        assert (await check(b, case.check)).outcome == "pass"


async def test_health_without_a_database_is_not_health():
    async with bench() as b:
        code, retry_class, evidence = await failing(b, "health")
        assert (code, retry_class) == ("health_no_database", "")
        statuses = {probe["probe"]: probe["status"] for probe in evidence["probes"]}
        assert statuses["web_health"] == "pass", "and that is why it is not asked alone"
        assert evidence["database_proved_by"] == "nothing"
        assert len(evidence["probes"]) == 4


async def test_health_of_another_database_is_not_health():
    async with bench() as b:
        await b.bootstrapped()
        record = b.record()
        record["expected"]["database"] = "cm_other"
        code, _, _ = await failing(b, "health", target=record)
        assert code == "health_wrong_database"


async def test_health_where_databases_are_not_listed_rests_on_the_login_page():
    async with bench() as b:
        await b.bootstrapped()
        b.world.sites["testing"]._lists_databases = False
        result = await check(b, "health")
        assert result.evidence["database_proved_by"] == "login_page"
        listed = [p for p in result.evidence["probes"] if p["probe"] == "database_list"]
        assert [probe["status"] for probe in listed] == ["absent"]


async def test_health_of_a_database_that_is_not_initialised_may_yet_come():
    async with bench() as b:
        b.world.lanes["testing"].state.database = "uninitialised"
        code, retry_class, _ = await failing(b, "health")
        assert (code, retry_class) == ("health_unavailable", "unavailable")


async def test_health_of_a_stopped_container_may_yet_come():
    async with bench() as b:
        await b.bootstrapped()
        b.world.lanes["testing"].state.web_running = False
        assert (await failing(b, "health"))[:2] == ("health_unavailable", "unavailable")


async def test_a_site_that_is_down_is_unavailable_to_every_check():
    async with bench() as b:
        record = b.record()
        await b.world.sites["testing"].stop()
        for name in CHECKS:
            code, retry_class, evidence = await failing(b, name, target=record)
            assert (code, retry_class) == (f"{name}_unavailable", "unavailable")
            assert all(probe["status_code"] is None for probe in evidence["probes"][:1])


async def test_without_the_website_module_no_canonical_address_is_advertised():
    async with bench(website=False) as b:
        await b.bootstrapped()
        code, _, evidence = await failing(b, "canonical")
        assert (code, evidence["canonical"]) == ("canonical_missing", None)


@pytest.mark.parametrize(
    ("canonical", "outcome"),
    [
        ("{base}", "pass"),
        ("{base}/", "pass"),
        ("{base}.evil.example", "canonical_mismatch"),
        ("https://user@elsewhere.example", "canonical_mismatch"),
        ("http://[broken", "canonical_mismatch"),
    ],
)
async def test_the_canonical_address_must_have_the_lane_s_origin(canonical: str, outcome: str):
    async with bench() as b:
        await b.bootstrapped()
        site = b.world.sites["testing"]
        site._canonical_url = canonical.format(base=site.url)
        if outcome == "pass":
            assert (await check(b, "canonical")).outcome == "pass"
        else:
            assert (await failing(b, "canonical"))[0] == outcome


async def test_a_preview_s_marker_beside_the_right_address_is_stale(
    monkeypatch: pytest.MonkeyPatch,
):
    async with bench() as b:
        await b.bootstrapped()
        monkeypatch.setattr(odoo, "_PREVIEW_URL", b.world.sites["testing"].url)
        faults(b).add(Fault.STALE_CANONICAL)
        code, _, evidence = await failing(b, "canonical")
        assert code == "canonical_stale_preview"
        assert "launchplane-preview" in evidence["probes"][0]["detail"]


async def test_a_logo_without_a_recorded_digest_is_still_not_a_stock_image():
    async with bench() as b:
        record = b.record()
        del record["expected"]["logo_sha256"]
        code, _, _ = await failing(b, "logo", target=record)
        assert code == "logo_stock_image"
        await b.bootstrapped()
        assert (await check(b, "logo", target=record)).outcome == "pass"


async def test_another_image_is_not_the_logo():
    async with bench() as b:
        await b.bootstrapped()
        record = b.record()
        record["expected"]["logo_sha256"] = "0" * 64
        assert (await failing(b, "logo", target=record))[0] == "logo_mismatch"


async def test_a_page_is_not_an_image():
    async with bench() as b:
        await b.bootstrapped()
        record = b.record()
        record["odoo"]["logo_path"] = "/web/login"
        assert (await failing(b, "logo", target=record))[0] == "logo_not_an_image"


async def test_identities_are_compared_in_every_recorded_field():
    async with bench() as b:
        await b.bootstrapped()
        record = b.record()
        record["expected"]["artifact_id"] = "another"
        record["expected"]["runtime_identity"]["environment_kind"] = "production"
        code, _, evidence = await failing(b, "runtime_identity", target=record)
        assert code == "runtime_identity_mismatch"
        assert evidence["differing"] == ["artifact_id", "environment_kind"]
        assert evidence["identity_status"] == "mismatch"


async def test_a_record_without_an_identity_verifies_nothing():
    async with bench() as b:
        await b.bootstrapped()
        record = b.record()
        record["expected"]["runtime_identity"] = {}
        code, _, evidence = await failing(b, "runtime_identity", target=record)
        assert (code, evidence["identity_status"]) == (
            "runtime_identity_unverifiable",
            "unverifiable",
        )


@pytest.mark.parametrize("name", CHECKS)
async def test_a_check_is_skipped_where_neither_plan_nor_policy_requires_it(name: str):
    async with bench() as b:
        record = b.record()
        unneeded = {"required": False}
        with_policy = await _try(b, name, record, unneeded)
        assert with_policy != "skipped"
        bootstrap = record["policy"]["odoo_stable_bootstrap"]
        bootstrap.update({f"require_{kind}_verification": False for kind in CHECKS[:3]})
        record["policy"]["odoo_data_policy"]["requires_runtime_identity"] = False
        assert await _try(b, name, record, unneeded) == "skipped"
        assert await _try(b, name, record, {}) != "skipped"


async def _try(b: Bench, name: str, record: dict[str, Any], parameters: dict[str, Any]) -> str:
    try:
        result = await check(b, name, target=record, parameters=parameters)
    except ActionFailed as failed:
        return failed.failure.code
    return "skipped" if result.evidence.get("skipped") else result.outcome


@pytest.mark.parametrize("series", ["16.0", "18.0", "19.0"])
async def test_the_version_that_answers_is_the_one_on_record(series: str):
    async with bench(odoo_version=series) as b:
        done = await b.run("odoo.check_version")
        assert (done.outcome, done.evidence["series"]) == ("pass", series)
        record = b.record()
        record["odoo"]["version"] = "17.0"
        other = await b.run("odoo.check_version", target=record)
        assert (other.outcome, other.failure and other.failure.code) == (
            "fail",
            "version_mismatch",
        )
        del record["odoo"]["version"]
        assert (await b.run("odoo.check_version", target=record)).outcome == "pass"


async def test_a_version_can_be_left_unasked():
    async with bench() as b:
        skipped = await b.run("odoo.check_version", parameters={"required": False})
        assert skipped.evidence == {"skipped": True}
        assert b.world.sites["testing"].requests == {}


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [(Fault.ANSWER_502, "version_unavailable"), (Fault.DROP_CONNECTION, "version_unavailable")],
)
async def test_a_version_that_is_not_told_may_be_by_and_by(fault: Fault, wanted: str):
    async with bench() as b:
        b.world.sites["testing"].faults.add(fault)
        with pytest.raises(ActionFailed) as raised:
            await b.run("odoo.check_version")
        assert raised.value.failure.code == wanted


async def test_the_identity_of_what_a_plan_has_deployed_is_compared_with_that():
    async with bench() as b:
        await b.bootstrapped()
        spec = b.world.lanes["testing"].spec
        other = {"artifact_id": "registry.example.invalid/odoo-cm:next", "source_git_ref": "next"}
        same = {"artifact_id": spec.artifact_id, "source_git_ref": spec.source_git_ref}
        wrong = await b.run("odoo.check_runtime_identity", parameters=other)
        assert (wrong.outcome, wrong.evidence["differing"]) == (
            "fail",
            ["artifact_id", "source_git_ref"],
        )
        record = b.record()
        record["expected"]["artifact_id"] = "registry.example.invalid/odoo-cm:recorded"
        right = await b.run("odoo.check_runtime_identity", parameters=same, target=record)
        assert right.outcome == "pass"
