"""An attribute that is computed once."""

from laneway.core.lazy import lazy


class Sums:
    def __init__(self) -> None:
        self.made = 0

    @lazy
    def sum(self) -> int:
        """What it comes to."""
        self.made += 1
        return 42


def test_it_is_computed_when_it_is_asked_for_and_then_stays() -> None:
    sums = Sums()
    assert sums.made == 0
    assert [sums.sum, sums.sum] == [42, 42]
    assert sums.made == 1


def test_each_object_has_its_own() -> None:
    one, other = Sums(), Sums()
    assert one.sum == other.sum
    assert (one.made, other.made) == (1, 1)


def test_the_class_has_the_description() -> None:
    assert Sums.sum.__doc__ == "What it comes to."
