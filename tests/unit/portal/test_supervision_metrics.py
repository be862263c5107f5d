"""What the engine shows on /metrics."""

from prometheus_client import REGISTRY

from consumers.supervise.engine import Progress
from portal.programs.supervise import measure


def test_a_log_that_was_never_judged_is_shown_at_zero():
    """Without a series the alert on what waits would be silent just where nothing is judged."""
    measure(Progress(0, [], {"moved": 7}, {"moved": 9, "never moved": 5}))

    reached = {
        log: REGISTRY.get_sample_value("lianzheng_supervise_reached_seq", {"log": log})
        for log in ("moved", "never moved")
    }
    assert reached == {"moved": 7, "never moved": 0}
