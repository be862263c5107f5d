"""Times as people write them: any moment that an act can claim is shown."""

import pytest

from portal.cli.times import format_time, iso_time


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (0, "1970-01-01T08:00:00.000000+08:00"),
        (-(2**63), "0001-01-01T08:00:00.000000+08:00"),
        (2**63 - 1, "9999-12-31T23:59:59.999999+08:00"),
    ],
)
def test_a_moment_beyond_every_calendar_is_shown_with_the_nearest(micros, shown):
    """A page has to show the act all the same."""
    assert iso_time(micros) == shown
    assert format_time(micros).endswith(shown[11:19])
