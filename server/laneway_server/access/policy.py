"""What an access file says: who may do what. Pure: a document and a question give an answer.

A rule allows what all its conditions hold of (see ``conditions``). What no rule allows is denied.
No rule takes away what another gives, so the order of rules does not matter. A submission or retry
needs every action that the plan can reach to be allowed, not necessarily by one and the same rule.

An actor is believed as long as the file knows who vouched for it: an issuer that was taken out, and
a token that was taken out or is revoked, vouch for nobody any more. That a token has expired does
not matter here: it was asked when the caller came.
"""

from collections.abc import Sequence

import msgspec

from laneway.core.events import Actor
from laneway.core.names import listed

from .conditions import Facts, Miss, asked, facts_of, is_for, misses, uncovered
from .document import TOKEN_ISSUER, AccessDocument, Rule
from .ruling import Act, Question, Scope, Verdict

REMEMBERED = 4_096
"""Of how many callers a policy remembers what they may see."""


class RuleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says to a question; without ``misses`` it allows it by itself."""

    rule: Rule
    misses: tuple[Miss, ...]

    @property
    def miss(self) -> Miss | None:
        """The first condition that does not hold."""
        return self.misses[0] if self.misses else None

    @property
    def closeness(self) -> tuple[int, int]:
        """How close it comes: the fewer conditions do not hold, and of equals the more that do."""
        return -len(self.misses), asked(self.rule)


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, and how it came about; for people who may read the access file.

    Attributes:
        disbelieved: why the caller is not believed to be who they say; empty where they are.
        answers: what each rule says, in the file's order; none where the caller is not believed.
    """

    verdict: Verdict
    disbelieved: str = ""
    answers: tuple[RuleAnswer, ...] = ()

    @property
    def closest(self) -> RuleAnswer | None:
        """Where it is denied, the rule that comes closest; the first of several."""
        return None if self.verdict.allowed else _closest(self.answers)


class Policy:
    """Implements `Judge` for one document."""

    def __init__(self, document: AccessDocument) -> None:
        self.document = document
        self._seen: dict[bytes, tuple[Scope, ...]] = {}

    def judge(self, actor: Actor, question: Question) -> Verdict:
        """See `Judge`. The reason tells nobody of rules that are not for them."""
        return self.explain(actor, question).verdict

    def explain(self, actor: Actor, question: Question) -> Explanation:
        """The answer, and for every rule the first condition that does not hold."""
        facts = self._believed(actor)
        if isinstance(facts, str):
            return Explanation(verdict=self._denied(facts), disbelieved=facts)
        answers = tuple(
            RuleAnswer(rule=rule, misses=tuple(misses(rule, facts, question)))
            for rule in self.document.rules
        )
        return Explanation(verdict=self._verdict(answers, facts, question), answers=answers)

    def visible(self, actor: Actor) -> tuple[Scope, ...]:
        """See `Judge`: the scope of every rule that lets the actor read."""
        # Streams ask for every event, and always for the same few callers.
        key = msgspec.json.encode(actor)
        if key not in self._seen:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen[key] = self._visible(actor)
        return self._seen[key]

    def _visible(self, actor: Actor) -> tuple[Scope, ...]:
        facts = self._believed(actor)
        if isinstance(facts, str):
            return ()
        reading = (rule for rule in self.document.rules if Act.READ in rule.may)
        scopes = (_scope(rule) for rule in reading if is_for(rule.who, facts))
        return tuple(dict.fromkeys(scopes))

    # --- who is believed -------------------------------------------------------------------------

    def _believed(self, actor: Actor) -> Facts | str:
        """What is known of an actor, or why they are not believed."""
        issuer = actor.claims.get("issuer")
        if issuer == TOKEN_ISSUER:
            return self._token_facts(actor)
        entry = self.document.issuer(issuer) if isinstance(issuer, str) else None
        if entry is None:
            return "no issuer of the access file vouches for the caller"
        proof = actor.claims.get("proof")
        proved_by = proof.get("iss") if isinstance(proof, dict) else None
        if proved_by not in (None, entry.issuer):
            return f"the issuer {entry.name!r} is another one than it was"
        return facts_of(actor)

    def _token_facts(self, actor: Actor) -> Facts | str:
        token = self.document.token(actor.subject.removeprefix(f"{TOKEN_ISSUER}:"))
        if token is None or token.subject != actor.subject:
            return "the access file does not have the caller's token any more"
        if token.revoked:
            return "the caller's token is revoked"
        # The file says what the token is good for, and it may say something else by now.
        return facts_of(actor, token.groups)

    # --- the verdict -----------------------------------------------------------------------------

    def _verdict(
        self, answers: tuple[RuleAnswer, ...], facts: Facts, question: Question
    ) -> Verdict:
        rules = _deciding(answers, question)
        if not rules:
            return self._denied(_why_not(answers, facts, question))
        reason = f"allowed by {listed([repr(rule) for rule in rules], 'and')}"
        return Verdict(allowed=True, rules=rules, policy=self.document.digest, reason=reason)

    def _denied(self, reason: str) -> Verdict:
        return Verdict(allowed=False, policy=self.document.digest, reason=reason)


def _scope(rule: Rule) -> Scope:
    return Scope(
        plans=rule.plans,
        products=rule.products,
        contexts=rule.contexts,
        instances=rule.instances,
    )


def _deciding(answers: tuple[RuleAnswer, ...], question: Question) -> tuple[str, ...]:
    """The rules that allow it: the first that does alone, or the first that do together."""
    alone = next((each.rule.name for each in answers if each.miss is None), None)
    if alone is not None:
        return (alone,)
    together: list[str] = []
    missing = set(question.authz_actions)
    for rule in _lacking_actions(answers):
        left = missing & set(uncovered(rule, question))
        if left != missing:
            together.append(rule.name)
        missing = left
    return () if missing else tuple(together)


def _lacking_actions(answers: tuple[RuleAnswer, ...]) -> list[Rule]:
    """The rules of which all holds but for some of the actions."""
    return [each.rule for each in answers if each.miss and each.miss.condition == "actions"]


def _why_not(answers: tuple[RuleAnswer, ...], facts: Facts, question: Question) -> str:
    """Why it is denied, as far as the rules that are for the caller tell."""
    own = [each for each in answers if is_for(each.rule.who, facts)]
    if not own:
        return f"no rule is for {facts.subject}"
    lacking = _lacking_actions(answers)
    if lacking:
        missing = [
            action
            for action in question.authz_actions
            if all(action in uncovered(rule, question) for rule in lacking)
        ]
        return f"no rule allows the actions {listed(missing, 'and')} there"
    closest = _closest(own)
    assert closest is not None, "there is one that is for the caller"
    assert closest.miss is not None, "a rule without a miss allows it"
    return f"the rule {closest.rule.name!r} comes closest: {closest.miss.told}"


def _closest(answers: Sequence[RuleAnswer]) -> RuleAnswer | None:
    return max(answers, key=lambda each: each.closeness, default=None)
