"""That proofs which make each other too old are found: against trying every duration."""

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laneway.core.proofs import prove
from laneway.core.proofs.renewing import _endless, _Proof
from tests.support.actions import ACTIONS

PROOF = st.builds(_Proof, st.just(""), st.integers(1, 4), st.integers(1, 6))
PROOFS = st.lists(PROOF, min_size=1, max_size=3).map(
    lambda proofs: tuple(p._replace(name=f"p{i}") for i, p in enumerate(proofs))
)


def can_go_on_for_ever(proofs: tuple[_Proof, ...]) -> bool:
    """Whether somebody who chooses how long each takes can keep the phase from ever beginning."""

    @cache
    def safe(ages: tuple[int, ...], above: tuple[tuple[int, ...], ...]) -> bool:
        if ages in above:
            return False
        old = next((i for i, p in enumerate(proofs) if ages[i] > p.max_age), None)
        if old is None:
            return True
        ahead = (after(ages, old, takes) for takes in range(proofs[old].takes + 1))
        return all(safe(there, (*above, ages)) for there in ahead)

    def after(ages: tuple[int, ...], made: int, takes: int) -> tuple[int, ...]:
        older = [min(a + takes, p.max_age + 1) for a, p in zip(ages, proofs, strict=True)]
        older[made] = 0
        return tuple(older)

    first = product(*((0, p.max_age, p.max_age + 1) for p in proofs))
    return not all(safe(ages, ()) for ages in first)


@settings(deadline=None)
@given(PROOFS)
def test_what_is_said_to_be_endless_can_be_kept_up_for_ever(proofs):
    endless = _endless(proofs)
    assert bool(endless) == can_go_on_for_ever(proofs)
    assert len(endless) != 1, "one alone is fresh when it has been made"


@pytest.mark.parametrize(
    ("ages", "found"),
    [
        (("4m", "4m"), True),
        (("5m", "4m"), False),  # at its max_age a proof still stands
        (("4m", "1h"), False),
        ((None, "1m"), False),
    ],
)
def test_how_old_two_proofs_of_five_minutes_may_be(ages, found):
    def proof(following):
        return {"action": "x.probe", "timeout": "5m", "on": {"pass": following, "fail": "fail"}}

    document = {
        "plan": "p",
        "version": 1,
        "start": "one",
        "phases": {
            "one": proof("two"),
            "two": proof("work"),
            "work": {
                "action": "x.note",
                "requires": {
                    name: {} if age is None else {"max_age": age}
                    for name, age in zip(("one", "two"), ages, strict=True)
                },
                "on": {"pass": "pass", "fail": "fail"},
            },
            "pass": {"end": "pass"},
            "fail": {"end": "fail"},
        },
    }
    codes = {finding.code for finding in prove(document, ACTIONS)}
    assert ("renewal_endless" in codes) == found
