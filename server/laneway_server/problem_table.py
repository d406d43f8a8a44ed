"""The table of problems; see ``laneway_server.problems``.

A row says what a problem is called, its HTTP status, what it means, what to do about it, and which
error of the engine it stands for.
"""

import msgspec

from laneway.core import inputs
from laneway.ports.store import StoreError
from laneway.runtime import submissions
from laneway.runtime.operations import EngineFenced, OperationExpired, OperationNotFound


class ProblemKind(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table.

    Attributes:
        code: stable; the last part of the problem's ``type``.
        meaning: what is so, for people.
        remedy: what the caller can do about it.
        stands_for: errors of the engine that are answered with it.
        retry_after: seconds after which the same request may be answered differently.
        extensions: members that the problem may have besides those of every problem.
    """

    code: str
    status: int
    title: str
    meaning: str
    remedy: str
    stands_for: tuple[type[Exception], ...] = ()
    retry_after: int | None = None
    extensions: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where the problem is explained; its ``type``."""
        return f"/problems/{self.code}"


TABLE = (
    ProblemKind(
        code="bad_request",
        status=400,
        title="The request cannot be understood",
        meaning="The request is not valid HTTP, or asks for something that is not done here.",
        remedy="Read the detail, and compare the request with /openapi.json.",
    ),
    ProblemKind(
        code="credentials_in_url",
        status=400,
        title="Credentials do not belong into an address",
        meaning=(
            "The address holds a token or a password. Addresses are logged wherever they come by,"
            " so whatever was in this one must count as known to others."
        ),
        remedy="Replace that token. Send the new one as `Authorization: Bearer TOKEN`.",
    ),
    ProblemKind(
        code="idempotency_key_required",
        status=400,
        title="An Idempotency-Key is required",
        meaning=(
            "Submissions and retries carry an Idempotency-Key header, so that a request that was"
            " sent twice makes one operation. It was left out, is empty, is longer than 255"
            " characters, or holds something other than visible ASCII characters."
        ),
        remedy=(
            "Send a key that names the work and not the try: in a GitHub workflow the run id"
            " without the run attempt. Send the same key again when you do not know what became of"
            " a request."
        ),
    ),
    ProblemKind(
        code="invalid_json",
        status=400,
        title="The body is not the JSON that is taken here",
        meaning=(
            "The body is not JSON in UTF-8, names a key twice, is nested too deep, or holds what"
            " JSON cannot carry exactly."
        ),
        remedy="Correct the place that the detail names.",
    ),
    ProblemKind(
        code="authentication_required",
        status=401,
        title="Say who you are",
        meaning=(
            "The request carries nothing that proves who it is from, or something that proves"
            " nothing (any more): the detail says why. `sign_in`, where it is there, is where a"
            " browser can be sent."
        ),
        remedy=(
            "Send `Authorization: Bearer TOKEN` with a static token of this server, or with a token"
            " of an OIDC issuer that it believes, made for its audience and not expired. With open"
            " access, NAME stands for TOKEN, and without the header you are `anonymous`."
        ),
        extensions=("sign_in",),
    ),
    ProblemKind(
        code="token_replayed",
        status=401,
        title="The token has been used",
        meaning=(
            "A token of an OIDC issuer that has a `jti` serves for one call that changes something,"
            " and for that very same call again: the same method, address, Idempotency-Key and"
            " body. It has served for another."
        ),
        remedy="Get a new token from the issuer for each call that changes something.",
    ),
    ProblemKind(
        code="authorization_denied",
        status=403,
        title="You may not do this",
        meaning=(
            "The server knows who you are, and no rule of its policy lets you do this here. Open"
            " access is for programs on the same machine: it answers only requests that"
            " name a loopback host, and never a web page of another site."
        ),
        remedy=(
            "The detail says what came closest. Whoever keeps the access file can ask"
            " `laneway access explain`. With open access, call the server as 127.0.0.1, [::1] or"
            " localhost."
        ),
        stands_for=(submissions.AuthorizationDenied,),
    ),
    ProblemKind(
        code="csrf_failed",
        status=403,
        title="The request may come from another site",
        meaning=(
            "The request comes with a session's cookie, and lacks the session's CSRF token; or it"
            " comes from a page of another site."
        ),
        remedy=(
            "Send the `csrf` of GET /v1/session as `X-CSRF-Token`. Programs send a token in"
            " Authorization instead of a cookie."
        ),
    ),
    ProblemKind(
        code="sign_in_failed",
        status=403,
        title="You are not signed in",
        meaning=(
            "What came back from the issuer is not the answer to a sign-in that this browser has"
            " begun within the last ten minutes, or the issuer did not say who you are."
        ),
        remedy="Begin again. Where the detail names the issuer, ask those who run it.",
    ),
    ProblemKind(
        code="self_approval",
        status=403,
        title="Who requests an operation may not approve it",
        meaning="The plan wants another person's eyes: the requester cannot be the approver.",
        remedy="Ask somebody else who has the role that the approval names.",
        stands_for=(inputs.SelfApproval,),
    ),
    ProblemKind(
        code="not_found",
        status=404,
        title="There is no such thing",
        meaning="Nothing is at this address, or there is no operation of that id.",
        remedy="Look at /v1/operations for what there is, and at /openapi.json for the addresses.",
        stands_for=(OperationNotFound,),
    ),
    ProblemKind(
        code="plan_not_found",
        status=404,
        title="No plan of that name is loaded",
        meaning="The server offers no plan of that name; perhaps its file has an error.",
        remedy="Look at /v1/plans: it lists the plans, and the errors of those that did not load.",
        stands_for=(submissions.PlanNotFound,),
    ),
    ProblemKind(
        code="target_not_found",
        status=404,
        title="The server has no target record for the lane",
        meaning="What the server knows of a lane is its target record, and this lane has none.",
        remedy="Check product, context and instance. Operators add records to the targets file.",
        stands_for=(submissions.TargetNotFound,),
    ),
    ProblemKind(
        code="method_not_allowed",
        status=405,
        title="The address does not take this method",
        meaning="There is something at this address, but it cannot be asked in this way.",
        remedy="The Allow header names the methods that it takes.",
    ),
    ProblemKind(
        code="lane_busy",
        status=409,
        title="Another operation has the lane",
        meaning=(
            "One operation works on a lane at a time. `operation` is the one in the way; or as many"
            " operations wait for the lane as its queue may hold."
        ),
        remedy=(
            'Follow that operation to its end and submit again, or submit with `"when_busy":'
            ' "queue"` to wait for the lane.'
        ),
        stands_for=(submissions.LaneBusy,),
        extensions=("operation",),
    ),
    ProblemKind(
        code="repeat_not_accepted",
        status=409,
        title="This has been done on the lane before",
        meaning=(
            "`operation` has begun a destructive action of this plan on the lane, whatever came"
            " of it. Doing it again is not accepted by accident."
        ),
        remedy=(
            "Look at that operation. If it is to be done again all the same, submit with its id"
            " in `supersedes`."
        ),
        stands_for=(submissions.RepeatNotAccepted,),
        extensions=("operation",),
    ),
    ProblemKind(
        code="lane_frozen",
        status=409,
        title="The lane takes no new operations",
        meaning="Somebody has frozen the lane; the detail says why.",
        remedy="GET the lane to see who froze it and when. Unfreeze it when the reason is gone.",
        stands_for=(submissions.LaneFrozen,),
    ),
    ProblemKind(
        code="illegal_transition",
        status=409,
        title="The operation's status does not allow this",
        meaning="What was asked for is not possible in the status that the operation has now.",
        remedy="GET the operation, and see what it is doing or waiting for.",
        stands_for=(
            inputs.IllegalInput,
            inputs.StaleAttempt,
            submissions.RetryNotPossible,
        ),
    ),
    ProblemKind(
        code="not_cancellable",
        status=409,
        title="It is too late to cancel",
        meaning=(
            "The operation is past its point of no return, or nobody knows what an action of it has"
            " done; stopping here would leave more harm than going on."
        ),
        remedy="Follow it to its end; where it waits for a reconciliation, reconcile it.",
        stands_for=(inputs.NotCancellable,),
    ),
    ProblemKind(
        code="digest_mismatch",
        status=409,
        title="What you decided on is not what is asked now",
        meaning="The digest is not that of the approval as it stands: what it covers has changed.",
        remedy="GET the operation, read what the approval covers now, and decide with its digest.",
        stands_for=(inputs.DigestMismatch,),
    ),
    ProblemKind(
        code="events_expired",
        status=410,
        title="The operation was pruned",
        meaning=(
            "The operation ended longer ago than its plan keeps records, so its events, evidence"
            " and artifacts are gone. `operation` is what is left of it: what it was, how it ended,"
            " the hash of its last event, and the rule by which it went."
        ),
        remedy=(
            "A bundle that was exported before can still be checked against that hash. An"
            " Idempotency-Key that made the operation stays with it: take a new key for new work."
        ),
        stands_for=(OperationExpired,),
        extensions=("operation",),
    ),
    ProblemKind(
        code="body_too_large",
        status=413,
        title="The body is too large",
        meaning="The body has more bytes than the server takes (its setting `max_body`).",
        remedy="Make the request document smaller.",
    ),
    ProblemKind(
        code="unsupported_media_type",
        status=415,
        title="The body must be JSON",
        meaning="A body is taken as `application/json` in UTF-8 only.",
        remedy="Send `Content-Type: application/json`.",
    ),
    ProblemKind(
        code="request_invalid",
        status=422,
        title="The request is not what is asked for here",
        meaning=(
            "The body, a query parameter or a header does not have the form that is asked for."
            " `errors` names each place: a JSON pointer into the body, or `?name` for a query"
            " parameter."
        ),
        remedy="Correct what `errors` names. /v1/plans/NAME has the schema of a plan's request.",
        stands_for=(submissions.RequestInvalid, inputs.PhaseUnclear),
        extensions=("errors", "operation"),
    ),
    ProblemKind(
        code="idempotency_key_reused",
        status=422,
        title="The Idempotency-Key belongs to another request",
        meaning="The key was used for a request with other content; `operation` came of that one.",
        remedy="Take a new key for a new request; send a key again only with the same request.",
        stands_for=(submissions.KeyReused,),
        extensions=("operation",),
    ),
    ProblemKind(
        code="rate_limited",
        status=429,
        title="Too often",
        meaning=(
            "You submit more often than the server lets one caller (its settings `max_submissions`"
            " and `submission_burst`); or so many credentials from your address were refused that"
            " it is not listened to for a while (`max_auth_failures`, `auth_failure_window`); or"
            " you were refused more often than the server writes down, or sign in all the time; or"
            " more tokens are in use at once than the server can remember."
        ),
        remedy="Wait as long as Retry-After says. A submission can be sent with the same key.",
        retry_after=5,
    ),
    ProblemKind(
        code="too_many_streams",
        status=429,
        title="Too many streams are open",
        meaning=(
            "The server serves as many event streams as its setting `max_streams` allows, and one"
            " caller as many as `max_caller_streams`."
        ),
        remedy="Close streams that you do not need, and try again.",
        retry_after=5,
    ),
    ProblemKind(
        code="too_many_waiters",
        status=429,
        title="Too many requests wait",
        meaning=(
            "As many requests wait with `wait=` as the server's setting `max_waiters` allows, or as"
            " many of one caller as `max_caller_waiters`."
        ),
        remedy="Ask without `wait`, or try again in a moment.",
        retry_after=5,
    ),
    ProblemKind(
        code="internal_error",
        status=500,
        title="Something went wrong in the server",
        meaning="The server met an error that it was not made for. Its log has the trace id.",
        remedy=(
            "Give the trace id to the operators. One with an Idempotency-Key can be sent again."
        ),
    ),
    ProblemKind(
        code="draining",
        status=503,
        title="The server is about to stop",
        meaning="The server takes no new operations any more; what runs goes on after the restart.",
        remedy="Send the same request with the same key again once the server is back.",
        stands_for=(submissions.Draining,),
        retry_after=5,
    ),
    ProblemKind(
        code="issuer_unavailable",
        status=503,
        title="The issuer of the credentials cannot be asked",
        meaning=(
            "Whether the credentials are right cannot be told now: their issuer does not answer, or"
            " not as an issuer does, and what it said last is too old or does not tell."
        ),
        remedy="Send the same request again. The server's log says what is wrong.",
        retry_after=10,
    ),
    ProblemKind(
        code="store_unavailable",
        status=503,
        title="The database does not answer",
        meaning="The database cannot be read or written now; nothing was written.",
        remedy="The server's log says what is wrong. Send the same request with its key again.",
        stands_for=(StoreError,),
        retry_after=5,
    ),
    ProblemKind(
        code="fenced",
        status=503,
        title="Another server has taken over",
        meaning="Another process has claimed the database: this one may not write to it any more.",
        remedy="Call the other server; the operators stop this one.",
        stands_for=(EngineFenced,),
        retry_after=5,
    ),
)
