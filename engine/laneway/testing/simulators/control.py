"""The control endpoints of a simulator, under `/_simulator/`: for tests and people, not drivers.

- `GET /_simulator/state`: what it has seen and done so far, with counts.
- `GET /_simulator/bootstraps`: the bootstraps that really ran.
- `GET /_simulator/faults`: the vocabulary, and what is switched on.
- `POST /_simulator/faults` `{"fault", "route"?, "times"?}`: switch one on; 201.
- `DELETE /_simulator/faults` (`?fault=…` for one kind): switch off, and let go of what hangs; 204.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from aiohttp import web

from laneway.testing.simulators.faults import DESCRIPTIONS, Fault, FaultBoard, FaultRequest
from laneway.testing.simulators.lanes import Execution

State = Callable[[], dict[str, object]]
Bootstraps = Callable[[], list[Execution]]


class Control:
    """The handlers of the control endpoints.

    Args:
        faults: the board they switch.
        state: what `GET /_simulator/state` answers.
        bootstraps: what `GET /_simulator/bootstraps` answers.
    """

    def __init__(self, faults: FaultBoard, *, state: State, bootstraps: Bootstraps) -> None:
        self._faults = faults
        self._state = state
        self._bootstraps = bootstraps

    def add_to(self, app: web.Application) -> None:
        """Put the endpoints into an application."""
        app.add_routes(
            [
                web.get("/_simulator/state", self._get_state),
                web.get("/_simulator/bootstraps", self._get_bootstraps),
                web.get("/_simulator/faults", self._get_faults),
                web.post("/_simulator/faults", self._post_fault),
                web.delete("/_simulator/faults", self._delete_faults),
            ]
        )

    async def _get_state(self, _request: web.Request) -> web.Response:
        return _json({**self._state(), "faults": self._rules()})

    async def _get_bootstraps(self, _request: web.Request) -> web.Response:
        return _json(self._bootstraps())

    async def _get_faults(self, _request: web.Request) -> web.Response:
        vocabulary = {fault.value: text for fault, text in DESCRIPTIONS.items()}
        return _json({"vocabulary": vocabulary, "rules": self._rules()})

    async def _post_fault(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=FaultRequest)
            rule = self._faults.add(wanted.fault, route=wanted.route, times=wanted.times)
        except (msgspec.DecodeError, ValueError) as error:
            known = [fault.value for fault in Fault]
            return _json({"message": str(error), "faults": known}, status=422)
        return _json(rule.describe(), status=201)

    async def _delete_faults(self, request: web.Request) -> web.Response:
        name = request.query.get("fault")
        if name is not None and name not in set(Fault):
            return _json({"message": f"no such fault: {name}"}, status=422)
        self._faults.clear(None if name is None else Fault(name))
        return web.Response(status=204)

    def _rules(self) -> list[dict[str, object]]:
        return [rule.describe() for rule in self._faults.rules]


def _json(content: object, status: int = 200) -> web.Response:
    body = msgspec.json.encode(content)
    return web.Response(body=body, status=status, content_type="application/json")
