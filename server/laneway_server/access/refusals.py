"""Why credentials are refused: for the caller, who must not learn more, and for the counters."""

from enum import StrEnum


class Reason(StrEnum):
    """The kinds of refusal, as the counters and the audit log name them."""

    MALFORMED = "malformed"
    IN_URL = "in_url"
    UNKNOWN_TOKEN = "unknown_token"
    REVOKED = "revoked"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    TOO_OLD = "too_old"
    WRONG_ALGORITHM = "wrong_algorithm"
    WRONG_KEY = "wrong_key"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_CLAIM = "wrong_claim"
    REPLAYED = "replayed"
    SESSION_ENDED = "session_ended"
    FORGED_REQUEST = "forged_request"
    SIGN_IN = "sign_in"


class CredentialRefused(Exception):
    """Credentials that prove nothing.

    Args:
        detail: for the caller; never a part of what was sent.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
