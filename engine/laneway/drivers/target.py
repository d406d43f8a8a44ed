"""The lane's target record, as the drivers read it.

The record is a file of the server (see ``laneway.ports.environment.Targets``); an action is given a
snapshot of it, with references to secrets and never the secrets.
"""

from typing import Annotated, Any, Literal

import msgspec

from laneway.ports.driver import ActionContext, ActionFailed

# No user information and no query: a URL shows up in evidence, so there is no place for a secret.
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/@?#]+(/[^\s?#]*)?$")]
Name = Annotated[str, msgspec.Meta(min_length=1)]
ScheduleType = Literal["server", "dokploy-server"]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class TargetSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule that people made for the compose, and that plans may run.

    Attributes:
        name: that it has in Dokploy; it is not run where it is called otherwise.
    """

    schedule_id: Name
    name: Name


class DokployTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where the lane's compose is.

    Attributes:
        url: of the panel, without ``/api``.
        api_key: reference to the secret.
        server_id: the remote server of the compose; None for the panel's own host.
        schedule_type: of the schedules that Laneway keeps there; follows ``server_id``.
        user_id: owner of host schedules, which panels before 0.29.7 need.
        artifact_variables: variables of the compose whose value is the deployed artifact's id; the
            first that is there counts.
        source_variables: the same for the source's git ref.
        schedules: those that ``dokploy.run_schedule`` may run, by the name that plans use.
    """

    url: Url
    api_key: Name
    compose_id: Name
    server_id: str | None = None
    schedule_type: ScheduleType | None = None
    user_id: str | None = None
    artifact_variables: tuple[str, ...] = ("LAUNCHPLANE_ARTIFACT_ID", "DOCKER_IMAGE_REFERENCE")
    source_variables: tuple[str, ...] = ("LAUNCHPLANE_SOURCE_GIT_REF", "ODOO_SOURCE_GIT_REF")
    schedules: dict[str, TargetSchedule] = {}

    @property
    def host_schedule_type(self) -> ScheduleType:
        """The type of schedule that runs a script on the compose's host."""
        return self.schedule_type or ("server" if self.server_id else "dokploy-server")


class OdooTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where the lane's Odoo answers, and the paths that are the product's own."""

    base_url: Url
    version: str = ""
    health_path: str = "/launchplane/health"
    login_path: str = "/web/login"
    logo_path: str = "/web/image/res.company/1/logo"


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be found on the lane."""

    name: Name
    domains: tuple[str, ...] = ()
    database: Name
    logo_sha256: Sha256 | None = None
    artifact_id: str = ""
    source_git_ref: str = ""
    runtime_identity: dict[str, str] = {}


class BootstrapPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Whether and how the lane may be bootstrapped; nothing is allowed by omission."""

    enabled: bool = False
    approval_issue_url: str | None = None
    confirmation: str = ""
    expected_target_name: str = ""
    expected_domains: tuple[str, ...] = ()
    data_source_mode: str = "empty"
    require_health_verification: bool = True
    require_canonical_verification: bool = True
    require_logo_verification: bool = True


class PromotionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Whether and how an artifact may be promoted to the lane; nothing is allowed by omission."""

    enabled: bool = False
    approval_issue_url: str | None = None
    confirmation: str = ""


class DataPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What the lane's data are worth, and what they may be rebuilt from."""

    data_authority: str = "unknown"
    allowed_rebuild_sources: tuple[str, ...] = ()
    requires_runtime_identity: bool = True


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The lane's policies."""

    odoo_stable_bootstrap: BootstrapPolicy = BootstrapPolicy()
    odoo_promotion: PromotionPolicy = PromotionPolicy()
    odoo_data_policy: DataPolicy = DataPolicy()


class PromotionSource(msgspec.Struct, frozen=True, kw_only=True):
    """The lane that promotions to this one come from: what has to be known to look at it.

    It is looked at through this lane's panel and with its key.

    Attributes:
        name: that its compose has in Dokploy.
    """

    instance: Name
    compose_id: Name
    name: Name
    odoo: OdooTarget


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """Where the lane's artifacts come from."""

    source: PromotionSource


class TargetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the server knows of a lane's target."""

    product: Name
    context: Name
    instance: Name
    dokploy: DokployTarget
    odoo: OdooTarget
    expected: Expected
    policy: Policy = Policy()
    promotion: Promotion | None = None


def read_target(context: ActionContext) -> TargetRecord:
    """The attempt's target record.

    Raises:
        ActionFailed: it does not have its shape, or is another lane's; code ``target_invalid``.
    """
    record = _convert(context.target)
    lane = context.lane
    if (record.product, record.context, record.instance) != (
        lane.product,
        lane.context,
        lane.instance,
    ):
        raise _invalid(f"it is the record of another lane than {lane}")
    return record


def _convert(target: dict[str, Any]) -> TargetRecord:
    try:
        return msgspec.convert(target, TargetRecord)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error


def _invalid(why: str) -> ActionFailed:
    return ActionFailed(
        "target_invalid", f"the lane's target record cannot be used: {why}", retry_class="invalid"
    )
