"""What verifying a bundle comes to: a list of checks, each in words that a person understands."""

from enum import StrEnum

import msgspec


class Result(StrEnum):
    """What became of a check. One that was skipped stands on another one that failed."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong, and where.

    Attributes:
        where: a JSON pointer into the statement; for what is outside of it, the part that it is in
            and a pointer into that (``envelope#/signatures/0/sig``), or a file of the archive.
        seq: of the event that it is about.
        phase: that it is about.
    """

    message: str
    where: str = ""
    seq: int | None = None
    phase: str | None = None

    def __str__(self) -> str:
        about = "" if self.seq is None else f"event {self.seq}"
        if self.phase is not None:
            about = f"{about} ({self.phase})" if about else self.phase
        return f"{about}: {self.message}" if about else self.message


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        message: what is so, in one sentence.
        found: what is wrong; there is something where the check failed, and only there.
    """

    name: str
    result: Result
    message: str
    found: tuple[Found, ...] = ()


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What the bundle says that it is about; as true as the checks say."""

    operation: str
    title: str
    plan: str
    lane: str
    status: str
    dry_run: bool
    complete: bool
    events: int
    exported_at: str
    laneway: str


class Report(msgspec.Struct, frozen=True):
    """All checks, in their order.

    Attributes:
        about: None where the bundle could not be read so far.
    """

    about: About | None
    checks: tuple[Check, ...]

    @property
    def verified(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.result is Result.OK for check in self.checks)

    @property
    def consistent(self) -> bool:
        """Whether nothing in it contradicts the rest, whoever may have signed it."""
        return all(c.result is Result.OK for c in self.checks if c.name != "signature")

    @property
    def summary(self) -> str:
        """Whether it is verified, in one sentence."""
        if self.verified:
            signed = self.check("signature").message
            if signed.startswith("signed by"):
                return f"verified: it is what the server wrote, {signed}"
            return "nothing in it contradicts the rest; nobody vouches for the whole"
        if self.consistent:
            return "not verified: nothing in it contradicts the rest, but nobody vouches for it"
        results = [check.result for check in self.checks]
        failed, skipped = results.count(Result.FAILED), results.count(Result.SKIPPED)
        passed_over = f", {skipped} could not be made" if skipped else ""
        return f"not verified: {failed} of {len(results)} checks failed{passed_over}"

    def check(self, name: str) -> Check:
        """The check of that name.

        Raises:
            KeyError: there is none.
        """
        return {check.name: check for check in self.checks}[name]

    def failed(self, name: str) -> bool:
        """Whether there is a check of that name, and it failed."""
        return any(c.name == name and c.result is Result.FAILED for c in self.checks)
