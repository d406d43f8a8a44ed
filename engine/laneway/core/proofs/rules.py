"""What `laneway plan check` can find out about a plan as a whole, each rule once.

The documentation, ``plan check --explain`` and the metadata of SARIF are made from this table. What
a single file can have wrong before that (its YAML, its shape) is in ``loading.rules``.
"""

from dataclasses import dataclass
from typing import Any

from laneway.core.findings import Finding, Severity
from laneway.core.schemas import Path


@dataclass(frozen=True)
class Rule:
    """One thing that can be found.

    Attributes:
        code: stable, for programs and for looking it up.
        meaning: what is so where it is found.
        remedy: what to do about it.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str


def error(code: str, meaning: str, remedy: str) -> Rule:
    """A rule that a plan cannot be used without."""
    return Rule(code, Severity.ERROR, meaning, remedy)


def warning(code: str, meaning: str, remedy: str) -> Rule:
    """Something that is legal, and suspicious."""
    return Rule(code, Severity.WARNING, meaning, remedy)


NAMES_AND_EXPRESSIONS = (
    error(
        "unknown_phase",
        "A phase is named that the plan does not have, or that is a branch.",
        "Name a phase of the plan; of a branch, the parallel phase that it is in.",
    ),
    error(
        "duplicate_phase",
        "Two phases or branches have one name.",
        "Give one of them another name: expressions and events tell them apart by it.",
    ),
    error(
        "unknown_action",
        "No driver offers the action.",
        "`GET /v1/drivers` lists the actions that there are.",
    ),
    error(
        "unknown_outcome",
        "`on` names an outcome that the phase never has.",
        "Name one of its outcomes, or remove it.",
    ),
    error(
        "parameter_invalid",
        "`with` is not what the action takes, whatever its expressions will give.",
        "Write `with` as the action's parameters are described.",
    ),
    error(
        "request_schema_invalid",
        "`request` is no JSON Schema, or one that refers outside of itself.",
        "Write a JSON Schema (2020-12) that is complete in itself.",
    ),
    error(
        "expression_invalid",
        "An expression does not compile.",
        "Correct it; the place is that of the mistake within the expression.",
    ),
    error(
        "unknown_name",
        "An expression uses a name that there is not.",
        "Use `request`, `lane`, `operation`, `target`, or `phases.<name>` of a phase of the plan.",
    ),
    error(
        "unknown_field",
        "An expression uses a field that its value never has, as its schema says.",
        "Use a field that the schema names, or add it there.",
    ),
    error(
        "guard_type",
        "A guard gives something other than true or false.",
        "Compare with something, so that it is true or false.",
    ),
    error(
        "moment_type",
        "`wait: {until: …}` gives something other than a time.",
        "Give a timestamp, or text that is an RFC 3339 time.",
    ),
)

SHAPE = (
    error(
        "outcome_unhandled",
        "A phase can end in a way of which `on` does not say what comes then.",
        "Add the outcome to `on`, and let it lead to a phase.",
    ),
    error(
        "guard_without_else",
        "It may be that no alternative of an outcome can be taken, as each has a guard.",
        "Let the last alternative have no `when`.",
    ),
    error(
        "alternative_unreachable",
        "An alternative is never taken: one before it has no guard, or the same guard.",
        "Put the alternative without `when` last, and remove what is there twice.",
    ),
    error(
        "unreachable_phase",
        "No way leads to a phase.",
        "Let another phase's `on` lead to it, or remove it.",
    ),
    error(
        "no_end",
        "From some phases no way leads to an end: an operation that is there never ends well.",
        "Let one of them lead towards a phase with `end`.",
    ),
    error(
        "endless_loop",
        "Phases lead back to themselves, and nothing limits how often.",
        "Give one of them `max_visits`.",
    ),
    error(
        "renewal_endless",
        "What a phase requires takes so long to be made again that something else which it "
        "requires is too old by then, and so on for ever.",
        "Give them a longer `max_age`, or the proofs a shorter `timeout` or fewer attempts.",
    ),
    error(
        "deadline_impossible",
        "The waits on every way to an end with `pass` take longer than the deadline.",
        "Make the deadline longer, or the waits shorter.",
    ),
)

STANDING = (
    error(
        "requires_itself",
        "A phase requires itself.",
        "Remove it from its own `requires`.",
    ),
    error(
        "requires_unknown",
        "`requires` names a phase that the plan does not have, or a branch.",
        "Name a phase that performs an action.",
    ),
    error(
        "requires_not_read",
        "A phase is required that cannot be made again without harm, or not by the engine alone.",
        "Require phases whose action only reads. An approval that is on the way is asked for "
        "again by itself.",
    ),
    error(
        "requires_not_before",
        "A way leads to a phase on which something that it requires has not passed.",
        "Let every way lead through it, also that of the deadline and of cancellations.",
    ),
    error(
        "reference_never_run",
        "An expression refers to a phase that has not run there on any way.",
        "Refer to a phase that comes before, or move the expression behind that phase.",
    ),
    error(
        "evidence_unassigned",
        "An expression reads a field of a phase's evidence, and on some way that phase has not "
        "run: evaluating it fails, and the operation with it.",
        "Ask `phases.<name>.outcome` or `has(…)` in the same expression or an alternative before "
        "it, or let every way lead through the phase.",
    ),
)

CHANGES = (
    error(
        "shared_lane_writes",
        "On a shared lane an action does more than read, so two operations may do it at once.",
        "Make the lane's `mode` exclusive.",
    ),
    error(
        "destructive_again",
        "A way performs a destructive action a second time (the same action with the same `with`, "
        "in the same phase or another), and no approval was given in between.",
        "Put an approval between the two, or `max_visits: 1` on a phase of the loop.",
    ),
    error(
        "retry_destructive",
        "A destructive action has a `retry`.",
        "Remove it: nothing destructive is done again by itself.",
    ),
    error(
        "retry_not_repeatable",
        "An action that writes and is not idempotent has a `retry`.",
        "Remove it, or use an action that can be done twice.",
    ),
    error(
        "cancel_immediate",
        "A phase that changes the world is to be stopped in the middle.",
        "Use `defer` (when it is over) or `refuse` (from here on, no more cancelling).",
    ),
    error(
        "join_any_writes",
        "A branch that writes may be given up because another one has passed.",
        "Use `join: all`, or let the branches only read.",
    ),
    error(
        "cancel_after_destruction",
        "A cancellation takes effect after something was destroyed, and no phase answers it: the "
        "operation ends as `cancelled` and leaves a ruin.",
        "Leave the point of no return declared (`cancel: refuse`) from the destructive phase on, "
        "or say in `on: {cancelled: …}` what puts things right.",
    ),
    error(
        "change_unverified",
        "The plan verifies its changes, but one way ends as `pass` with a mutation or destruction "
        "that no action which reads has looked at since.",
        "Let a check come after the last change on every way that ends as `pass`.",
    ),
)

SUSPICIOUS = (
    warning(
        "request_open",
        "A request may carry anything beside what its schema names.",
        "Add `additionalProperties: false`.",
    ),
    warning(
        "request_not_intent",
        "A property of the request looks like a secret, or like an id or address of the provider.",
        "Let it come from the lane's target record, or give it a name that says its intent.",
    ),
    warning(
        "deadline_short",
        "The longest way takes longer than the deadline: an operation may be stopped on it.",
        "Make the deadline longer, or times, attempts and limits on that way smaller.",
    ),
    warning(
        "nothing_verified",
        "The plan changes something, and nothing ever looks whether that worked.",
        "Add a check that reads, after the last change.",
    ),
    warning(
        "cancel_leaves_change",
        "A cancellation takes effect after a mutation that is not idempotent, and no phase "
        "answers it: the change stays half done.",
        "Declare the point of no return (`cancel: refuse`) on the phase that changes, or say in "
        "`on: {cancelled: …}` what puts things right.",
    ),
    warning(
        "no_return_undeclared",
        "A destructive phase does not say `cancel`. It is the point of no return all the same.",
        "Write `cancel: refuse`, for people to see.",
    ),
    warning(
        "cancel_refused_early",
        "A phase refuses to be cancelled, and nothing was changed before it or is changed in it.",
        "Remove `cancel: refuse`: until something is changed, cancelling does no harm.",
    ),
    warning(
        "cancelled_unreachable",
        "`on` says what a cancellation leads to, and there it is always refused.",
        "Remove `cancelled` from `on`, or say another `cancel`.",
    ),
    warning(
        "refused_after_change",
        "A way ends as `refused` after something was changed. People read `refused` as: nothing "
        "was changed.",
        "End as `fail` there.",
    ),
    warning(
        "proof_not_required",
        "A phase that can refuse comes before one that changes something, which does not require "
        "it: an operation that is retried from there does without it.",
        "Name it in `requires`.",
    ),
    warning(
        "destructive_when_late",
        "The deadline leads to a destructive action.",
        "Let `on_deadline` lead to something that does less harm, or to an approval first.",
    ),
    warning(
        "repeat_allowed",
        "The plan destroys, and with `repeat: allow` it can be run twice by mistake.",
        "Use `repeat: explicit`, so that the next operation must name the last.",
    ),
    warning(
        "approval_of_nothing",
        "Nothing is changed after an approval.",
        "Put it before the phase that it is meant for, or remove it.",
    ),
    warning(
        "failure_ignored",
        "Whatever a phase's outcome is, the same comes next, though it reads, mutates or destroys.",
        "Let its failure lead somewhere else.",
    ),
    warning(
        "limit_without_loop",
        "A phase has `max_visits`, and no way leads to it twice.",
        "Remove it.",
    ),
    warning(
        "guard_always_holds",
        "A guard is true whatever happens, so that what stands after it is never taken.",
        "Remove the guard and what stands after it, or correct it.",
    ),
    warning(
        "guard_never_holds",
        "A guard is false (or fails) whatever happens, so that its alternative is never taken.",
        "Remove the alternative, or correct its guard.",
    ),
    warning(
        "outcome_unassigned",
        'An expression uses the outcome of a phase that on some way has not run: it is `""` then.',
        "Where that is meant, compare with `''` too; else let every way lead through the phase.",
    ),
    warning(
        "evidence_after_failure",
        "An expression reads a field of a phase's evidence where that phase may not have passed: "
        "after a timeout, say, there is none, and evaluating it fails.",
        "Ask `phases.<name>.outcome` or `has(…)` first.",
    ),
    warning(
        "outcome_lost_by_retry",
        "An expression uses the outcome of a phase that need not have passed. A retry that begins "
        'behind that phase carries over only what has passed, and finds `""`.',
        "Where that will do, compare with `''` too; else use the outcome only right after it.",
    ),
)

RULES: dict[str, Rule] = {
    rule.code: rule for rule in (*NAMES_AND_EXPRESSIONS, *SHAPE, *STANDING, *CHANGES, *SUSPICIOUS)
}
"""All of them, by code."""


def found(code: str, message: str, pointer: Path, hint: str = "", **more: Any) -> Finding:
    """A finding of the severity that the table gives to its code; ``more`` are other fields."""
    return Finding(code, message, pointer, hint, RULES[code].severity, **more)
