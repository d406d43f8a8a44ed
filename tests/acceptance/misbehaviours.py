"""The table: how Dokploy and Odoo misbehave, and where an operation must end that meets it.

A row says what goes wrong, where the operation ends, and how often the bootstrap's command is
executed. Each is played twice: straight through, and with `kill -9` of the server at the row's
moment. Where the kill leads to another end, the row says to which, and why.
"""

from typing import Any

from laneway.testing.simulators import Fault
from laneway.testing.simulators.shell import RUN_ROUTE

from .misbehaving import (
    BEFORE_ROW,
    FAILED,
    GONE,
    HEALTH,
    HIDDEN,
    LOGIN,
    LOGO,
    OLD,
    OWN_HEALTH,
    PASS,
    PRUNED,
    UNAUTHORIZED,
    WITHOUT_LOGS,
    End,
    Misbehaviour,
    Moment,
    Trouble,
    call,
    called_cancelled,
    command,
    database_is_dropped,
    databases_are_not_listed,
    dokploy,
    down,
    next_post_is_lost,
    odoo,
    past_its_limit,
    run,
    secrets_are_logged,
    stuck_run,
    unknown,
    unreadable,
)

# --- Dokploy: the run of the bootstrap -----------------------------------------------------------

ANSWERS = (
    Misbehaviour("runManually answers true (0.22)", PASS, command(), world=OLD),
    Misbehaviour(
        "runManually answers a failure with 500 (0.22)",
        FAILED,
        command(),
        (run(Fault.COMMAND_FAILS),),
        world=OLD,
    ),
    Misbehaviour(
        "runManually answers a failure with 200 (0.30)",
        FAILED,
        command(),
        (run(Fault.COMMAND_FAILS),),
    ),
    Misbehaviour(
        "a failed remote script is called done, and its log tells (0.29.13)",
        FAILED,
        command(),
        (run(Fault.COMMAND_FAILS),),
        world=BEFORE_ROW,
    ),
    Misbehaviour(
        "every remote script is called done, and logs cannot be read (0.29.5)",
        HIDDEN,
        command(),
        world=WITHOUT_LOGS,
    ),
    Misbehaviour(
        "a failed remote script is called done, and logs cannot be read (0.29.5)",
        HIDDEN,
        command(),
        (run(Fault.COMMAND_FAILS),),
        world=WITHOUT_LOGS,
    ),
)

WHILE_IT_RUNS = (
    Misbehaviour(
        "502 while the command goes on", PASS, command(), (run(Fault.ANSWER_502_WHILE_RUNNING),)
    ),
    Misbehaviour(
        "504 while the command goes on", PASS, command(), (run(Fault.ANSWER_504_WHILE_RUNNING),)
    ),
    Misbehaviour(
        "524 while the command goes on, to its end before the server is back",
        PASS,
        command(),
        (run(Fault.ANSWER_524_WHILE_RUNNING),),
        down=True,
    ),
    Misbehaviour(
        "524 while the command goes on, without logs (0.22)",
        PASS,
        command(),
        (run(Fault.ANSWER_524_WHILE_RUNNING),),
        world=OLD,
    ),
    Misbehaviour(
        "504 while the command goes on, and fails",
        FAILED,
        command(),
        (run(Fault.COMMAND_FAILS), run(Fault.ANSWER_504_WHILE_RUNNING)),
    ),
    Misbehaviour(
        "the connection drops while the command goes on",
        PASS,
        command(),
        (run(Fault.DROP_WHILE_RUNNING),),
        down=True,
    ),
    Misbehaviour(
        "no answer ever comes, and the command goes on",
        PASS,
        command(),
        (run(Fault.HANG_WHILE_RUNNING),),
    ),
    Misbehaviour(
        "Dokploy cannot be read for a while as the command goes on",
        PASS,
        command(),
        during=unreadable,
    ),
    Misbehaviour(
        "Dokploy answers 503 for a while as the command goes on", PASS, command(), during=down
    ),
    Misbehaviour(
        "Dokploy answers 401 for good once the command runs",
        unknown("recovery_timeout"),
        command(),
        during=past_its_limit,
        timeouts=(("bootstrap", "5s"),),
        hurried=True,
    ),
    Misbehaviour(
        "the log cannot be read, and the row tells",
        PASS,
        command(),
        (dokploy(Fault.ANSWER_500, "deployment.readLogs"),),
    ),
    Misbehaviour(
        "compose.one shows the lane's secrets, and the command logs them",
        PASS,
        command(),
        during=secrets_are_logged,
    ),
)


def _nothing_is_done(what: str, fault: Fault, told: str) -> Misbehaviour:
    """The POST comes to nothing, and nobody can tell that from its answer."""
    name = f"{what} at once, and nothing is done"
    return Misbehaviour(name, GONE, Moment(told=told), (run(fault),), settle="1s")


AT_ONCE = (
    _nothing_is_done("500", Fault.ANSWER_500, "an answer 500 came"),
    _nothing_is_done("502", Fault.ANSWER_502, "an answer 502 came"),
    _nothing_is_done("503", Fault.ANSWER_503, "an answer 503 came"),
    _nothing_is_done("504", Fault.ANSWER_504, "an answer 504 came"),
    _nothing_is_done("524", Fault.ANSWER_524, "an answer 524 came"),
    _nothing_is_done("the connection drops", Fault.DROP_CONNECTION, "no answer came"),
    Misbehaviour(
        "no answer ever comes, and nothing is done",
        GONE,
        Moment(told="has not answered, and lists no new run"),
        (run(Fault.HANG),),
    ),
    Misbehaviour(
        "the POST is lost on its way, with the server that sent it",
        PASS,
        call(RUN_ROUTE),
        settle="3s",
    ),
    Misbehaviour(
        "401 to the POST, which may be the rate limit",
        End("fail", "bootstrap", UNAUTHORIZED, bootstraps=0),
        call(RUN_ROUTE),
        (run(Fault.RATE_LIMITED),),
        settle="3s",
    ),
)

ROWS = (
    Misbehaviour("superseded, and it goes on", PASS, command(), (run(Fault.SUPERSEDED),)),
    Misbehaviour(
        "superseded, and it fails",
        FAILED,
        command(),
        (run(Fault.SUPERSEDED), run(Fault.COMMAND_FAILS)),
    ),
    Misbehaviour(
        "superseded, and the connection drops",
        PASS,
        command(),
        (run(Fault.SUPERSEDED), run(Fault.DROP_WHILE_RUNNING)),
    ),
    Misbehaviour(
        "the panel restarts, the command ends, its row stays running",
        unknown("recovery_timeout"),
        command(),
        (run(Fault.ROW_STAYS_RUNNING),),
        timeouts=(("bootstrap", "5s"),),
        hurried=True,
    ),
    Misbehaviour(
        "the panel restarts, the command is lost, its row stays running",
        unknown("recovery_timeout", bootstraps=0),
        Moment(told="is running"),
        (run(Fault.COMMAND_LOST),),
        timeouts=(("bootstrap", "5s"),),
        hurried=True,
    ),
    Misbehaviour(
        "the panel restarts, the command ends, its row is called cancelled",
        unknown("outcome_unknown_cancelled_row"),
        command(),
        (run(Fault.ROW_STAYS_RUNNING),),
        during=called_cancelled,
    ),
    Misbehaviour(
        "the row is pruned, and the connection had dropped",
        PRUNED,
        command(),
        (run(Fault.ROWS_PRUNED), run(Fault.DROP_WHILE_RUNNING)),
    ),
    Misbehaviour(
        "the row is pruned, and the answer tells",
        PASS,
        command(),
        (run(Fault.ROWS_PRUNED),),
        killed=PRUNED,
        because="the answer that told it went to the server that was killed",
    ),
)

# --- Dokploy: before and after the bootstrap -----------------------------------------------------

TARGET = (
    Misbehaviour(
        "the live name is another one",
        End("refused", "target_proof", "name_mismatch", bootstraps=0),
        call("compose.one"),
        (dokploy(Fault.WRONG_LIVE_NAME, "compose.one"),),
    ),
    Misbehaviour(
        "a domain is missing",
        End("refused", "target_proof", "domain_missing", bootstraps=0),
        call("compose.one"),
        (dokploy(Fault.MISSING_DOMAIN, "compose.one"),),
    ),
    Misbehaviour(
        "Dokploy answers 503 for a while",
        PASS,
        call("compose.one"),
        (dokploy(Fault.ANSWER_503, "compose.one", times=2),),
    ),
    Misbehaviour(
        "Dokploy answers 401 for a while, past the key's rate limit",
        PASS,
        call("compose.one"),
        (dokploy(Fault.RATE_LIMITED, "compose.one", times=2),),
    ),
    Misbehaviour(
        "Dokploy answers 401 for good",
        End("fail", "target_proof", UNAUTHORIZED, bootstraps=0),
        call("compose.one"),
        (dokploy(Fault.RATE_LIMITED, "compose.one"),),
    ),
    Misbehaviour(
        "Dokploy answers 503 just before the POST",
        End("fail", "bootstrap", "dokploy_error", bootstraps=0),
        call("schedule.list"),
        (dokploy(Fault.ANSWER_503, "schedule.list", times=1),),
    ),
    Misbehaviour(
        "an earlier run of the schedule is stuck, and is not run beside",
        End("fail", "bootstrap", "schedule_running", bootstraps=0),
        call("schedule.list"),
        before=stuck_run,
    ),
    Misbehaviour(
        "502 to the post-deploy's POST, and nothing is done",
        unknown("outcome_unknown_no_deployment", "post_deploy"),
        command(),
        during=next_post_is_lost,
    ),
    Misbehaviour(
        "the post-deploy command fails",
        End("fail", "post_deploy", "post_deploy_failed"),
        command("update"),
        (run(Fault.COMMAND_FAILS, "update"),),
    ),
    Misbehaviour(
        "the proxy gives up on the post-deploy command, which goes on",
        PASS,
        command("update"),
        (run(Fault.ANSWER_504_WHILE_RUNNING, "update"),),
    ),
)

# --- Odoo ----------------------------------------------------------------------------------------


def _check(
    name: str, check: str, code: str, troubles: tuple[Trouble, ...], route: str, **more: Any
) -> Misbehaviour:
    end = End("fail", check, f"{check}_{code}")
    return Misbehaviour(name, end, call(route, "odoo"), troubles, **more)


ODOO = (
    _check("Odoo is down", "health", "unavailable", (odoo(Fault.HEALTH_DOWN),), HEALTH),
    _check("PostgreSQL is down", "health", "unavailable", (odoo(Fault.POSTGRES_DOWN),), HEALTH),
    Misbehaviour(
        "health is 200 without a database",
        End("fail", "health", "health_no_database"),
        command("update"),
        during=database_is_dropped,
    ),
    Misbehaviour(
        "Odoo refuses to list its databases, inside a 200",
        PASS,
        command("update"),
        during=databases_are_not_listed,
    ),
    Misbehaviour(
        "Odoo answers 503 for a while",
        PASS,
        call(HEALTH, "odoo"),
        (odoo(Fault.ANSWER_503, times=8),),
    ),
    Misbehaviour(
        "Odoo answers slowly",
        PASS,
        call(HEALTH, "odoo"),
        (odoo(Fault.SLOW, times=6),),
    ),
    Misbehaviour(
        "Odoo does not answer within the phase's time, once",
        PASS,
        call(LOGIN, "odoo"),
        (odoo(Fault.HANG, LOGO, times=1),),
        timeouts=(("logo", "1s"),),
    ),
    _check("no canonical address", "canonical", "missing", (), LOGIN, world=(("website", False),)),
    _check(
        "a preview's canonical address",
        "canonical",
        "mismatch",
        (odoo(Fault.STALE_CANONICAL),),
        LOGIN,
    ),
    _check("the stock logo", "logo", "stock_image", (odoo(Fault.STOCK_LOGO),), LOGO),
    _check("the placeholder logo", "logo", "stock_image", (odoo(Fault.PLACEHOLDER_LOGO),), LOGO),
    _check(
        "another instance's identity",
        "runtime_identity",
        "mismatch",
        (odoo(Fault.IDENTITY_MISMATCH),),
        OWN_HEALTH,
    ),
    _check(
        "no identity", "runtime_identity", "missing", (odoo(Fault.IDENTITY_MISSING),), OWN_HEALTH
    ),
    _check(
        "an identity that is not one",
        "runtime_identity",
        "malformed",
        (odoo(Fault.IDENTITY_MALFORMED),),
        OWN_HEALTH,
    ),
)

TABLE = (*ANSWERS, *WHILE_IT_RUNS, *AT_ONCE, *ROWS, *TARGET, *ODOO)
