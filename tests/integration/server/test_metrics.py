"""What ``/metrics`` says, read back by Prometheus's own parser."""

from prometheus_client.parser import text_string_to_metric_families

from tests.integration.server.support import LANE, PASS, Api, Laneway


async def read(api: Api) -> dict[tuple[str, ...], float]:
    """Every sample: by its name and the values of its labels, which are sorted."""
    answer = await api.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(answer.content.decode()))
    assert len({family.name for family in families}) == len(families), "a family comes twice"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


async def test_operations_are_counted_as_they_come_and_go(server: Laneway, api: Api):
    await server.passed()
    seen = await read(api)
    assert seen["laneway_operations_accepted_total", "work"] == 1
    assert seen["laneway_operations_ended_total", "work", "pass"] == 1
    assert seen["laneway_phases_finished_total", "act", "work", "pass"] == 1
    assert seen["laneway_phase_seconds_count", "prove", "work"] == 1
    assert seen["laneway_operation_seconds_count", "work", "pass"] == 1
    assert seen["laneway_events_total",] == len(await server.engine.store.all_events(0, 100))


async def test_those_that_have_not_ended_are_counted_by_status(server: Laneway, api: Api):
    assert (await read(api))["laneway_operations_unfinished", "running"] == 0
    await server.submitted()
    await api.submit({"plan": "work", "lane": LANE, "when_busy": "queue"}, key="k2")
    seen = await read(api)
    assert seen["laneway_operations_unfinished", "running"] == 1
    assert seen["laneway_operations_unfinished", "pending"] == 1
    await server.action("prove").answer(PASS)


async def test_requests_are_counted_by_their_route(server: Laneway, api: Api):
    operation_id = await server.submitted()
    await api.get(f"/v1/operations/{operation_id}")
    await api.get("/v1/operations/op_none")
    await api.get("/nowhere/at/all")
    seen = await read(api)
    name, route = "laneway_http_requests_total", "/v1/operations/{id}"
    assert seen[name, "GET", route, "200"] == 1
    assert seen[name, "GET", route, "404"] == 1
    assert seen[name, "GET", "none", "404"] == 1
    assert seen["laneway_http_request_seconds_count", route] == 2


async def test_nothing_names_a_lane_a_caller_or_an_operation(server: Laneway, api: Api):
    operation_id = await server.submitted(who="somebody")
    await api.get(f"/v1/operations/{operation_id}/events")
    text = (await api.get("/metrics")).content.decode()
    for hidden in (operation_id, "somebody", *LANE.values()):
        assert hidden not in text


async def test_what_is_so_now_is_there(server: Laneway, api: Api):
    operation_id = await server.submitted()
    async with api.stream(f"/v1/operations/{operation_id}/events") as stream:
        await stream.events(1)
        assert (await read(api))["laneway_streams",] == 1
    seen = await read(api)
    assert seen["laneway_plans",] == 2
    assert seen["laneway_plan_files_refused",] == 1
    assert seen["laneway_draining",] == 0
    assert seen["laneway_credentials_refused",] == 0
