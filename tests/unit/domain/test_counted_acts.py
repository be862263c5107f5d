"""Which acts of a stream count: its owner's, supervisors', and an agency's in its own stream."""

import pytest

from ledger.domain.stream import count_step
from tests.support import control as control_data

OTHER = "11430000FCT000065W"


@pytest.mark.parametrize(
    ("stream", "counts"),
    [(f"agency:{control_data.AGENCY}", True), (f"agency:{OTHER}", False), ("case:1", False)],
)
def test_an_agencys_act_counts_in_the_stream_that_is_about_it(stream, counts):
    """Whoever registered the agency owns the stream; its own report is in it all the same."""
    item = control_data.stream_act("RectificationReported", {}, stream=stream)

    assert count_step(item, OTHER, control_data.control_state(), "x/control") == (counts, OTHER)


@pytest.mark.parametrize(("stream", "counts"), [("supervision:1", True), ("case:1", False)])
def test_whom_an_opinion_addresses_answers_in_its_stream(stream, counts):
    """Not in a case: that is its agency's, whatever a supervisor writes there."""
    state, origin = control_data.control_state(), "x/log/0"
    opinion = control_data.stream_act(
        "SupervisionOpinionIssued", {"toAgency": control_data.AGENCY}, stream=stream
    )
    opinion = opinion._replace(act=opinion.act._replace(agency_id=OTHER))
    report = control_data.stream_act("RectificationReported", {}, stream=stream)

    issued, owner = count_step(opinion, None, state, origin)

    assert issued
    assert count_step(report, owner, state, origin)[0] is counts
