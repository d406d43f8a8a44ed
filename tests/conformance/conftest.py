"""Makes pytest explain the asserts of the suites that ship with the engine."""

import pytest

pytest.register_assert_rewrite(
    "laneway.testing.store_promises",
    "laneway.testing.store_promises_commits",
    "laneway.testing.store_promises_groups",
    "laneway.testing.store_promises_lanes",
    "laneway.testing.store_promises_lists",
    "laneway.testing.store_promises_retention",
)
