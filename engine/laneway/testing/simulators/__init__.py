"""A simulated Dokploy and Odoo: real HTTP servers, for tests and for the demo.

`DemoWorld` starts them all and gives the target records that point at them; `faults.Fault` lists
what can be made to go wrong; `python -m laneway.testing.simulators` runs them as a process.
"""

from __future__ import annotations

from laneway.testing.simulators.compose import PLANTED_SECRETS
from laneway.testing.simulators.dokploy import DokploySimulator
from laneway.testing.simulators.faults import DESCRIPTIONS, Fault, FaultBoard, FaultRule
from laneway.testing.simulators.lanes import Execution, LaneSpec, SimulatedLane
from laneway.testing.simulators.odoo import OdooSimulator
from laneway.testing.simulators.timing import Durations, HeldSleep, no_sleep
from laneway.testing.simulators.world import DemoWorld, demo_lane

__all__ = [
    "DESCRIPTIONS",
    "PLANTED_SECRETS",
    "DemoWorld",
    "DokploySimulator",
    "Durations",
    "Execution",
    "Fault",
    "FaultBoard",
    "FaultRule",
    "HeldSleep",
    "LaneSpec",
    "OdooSimulator",
    "SimulatedLane",
    "demo_lane",
    "no_sleep",
]
