"""What target records say to this driver; a lane need not be Odoo's or Dokploy's."""

import msgspec

from laneway.drivers.time.windows import Window
from laneway.ports.driver import ActionContext, ActionFailed


class Maintenance(msgspec.Struct, frozen=True):
    """When the lane may be worked on; nothing is allowed by omission."""

    windows: tuple[Window, ...] = ()


class TimeTarget(msgspec.Struct, frozen=True):
    """The part of a target record that matters here."""

    maintenance: Maintenance = Maintenance()


def windows_of(context: ActionContext) -> tuple[Window, ...]:
    """The lane's maintenance windows.

    Raises:
        ActionFailed: the record does not have its shape; code ``target_invalid``.
    """
    try:
        return msgspec.convert(context.target, TimeTarget).maintenance.windows
    except msgspec.ValidationError as error:
        message = f"the lane's target record cannot be used: {error}"
        raise ActionFailed("target_invalid", message, retry_class="invalid") from error
