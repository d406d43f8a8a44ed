"""Who may read plans: their texts, proofs and versions are for whom their operations are for."""

from typing import Any

import pytest

from laneway.loading.plans import load_plan
from laneway_server.access.document import Rule, Who
from laneway_server.access.ruling import Act
from tests.integration.access.support import Guard
from tests.integration.server.support import PLANS, SPECS, register

READS = (
    "/v1/plans/gate/source",
    "/v1/plans/gate/proofs",
    "/v1/plans/gate/versions",
    "/v1/plans/gate/versions/1",
    "/v1/plans/gate/difference?from=1&to=1",
    "/v1/plan-files/gate.yaml",
)


@pytest.mark.parametrize(("plans", "status"), [(("gate",), 200), (("work",), 404), ((), 200)])
async def test_a_plan_is_read_by_those_who_may_read_its_operations(guard: Guard, plans, status):
    catalog: Any = guard.server.services.plans
    catalog.plans["gate"] = load_plan(PLANS[1], "/srv/plans/gate.yaml", SPECS)
    await register(guard.server)
    rule = Rule(name="eyes", who=Who(subjects=("company:eyes",)), may=(Act.READ,), plans=plans)
    guard.document(rules=(rule,))
    for path in READS:
        answer = await guard.asked(guard.issuer.mint(sub="eyes"), path)
        assert answer.status == status, path


async def test_a_file_that_no_rule_can_name_is_for_those_who_see_every_plan(guard: Guard):
    for plans, status in ((("gate",), 404), ((), 200)):
        rule = Rule(name="eyes", who=Who(subjects=("company:eyes",)), may=(Act.READ,), plans=plans)
        guard.document(rules=(rule,))
        token = guard.issuer.mint(sub="eyes")
        assert (await guard.asked(token, "/v1/plan-files/broken.yaml")).status == status
