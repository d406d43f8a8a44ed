"""The time driver."""

from collections.abc import Sequence

from laneway.drivers.time import check_window, find_window
from laneway.ports.driver import Action, DriverDescriptor, SettingGroup

DESCRIPTOR = DriverDescriptor(
    driver_id="time",
    label="Time",
    description="When a lane may be worked on, and whether that is now.",
    provider_boundary=(
        "It asks nobody. Callers may say before when not; the windows themselves come from the"
        " lane's target record."
    ),
    capabilities=("maintenance_windows",),
    actions=(find_window.SPEC, check_window.SPEC),
    setting_groups=(
        SettingGroup(
            group_id="maintenance",
            label="Maintenance",
            description="The hours in which the lane may be worked on.",
            fields=("maintenance.windows",),
        ),
    ),
)


class TimeDriver:
    """Actions on time."""

    descriptor = DESCRIPTOR

    def __init__(self) -> None:
        self._actions: tuple[Action, ...] = (
            find_window.FindWindow(),
            check_window.CheckWindow(),
        )

    def actions(self) -> Sequence[Action]:
        """Every action of the descriptor."""
        return self._actions

    async def start(self) -> None:
        """Nothing has to be opened."""

    async def stop(self) -> None:
        """Nothing has to be closed."""
