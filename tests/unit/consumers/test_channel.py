"""A push over HTTP: only a receipt with the same hash counts, and nothing secret is told."""

import hashlib

import pytest

from consumers.platform.channel import ChannelAddress, HttpChannel
from ledger.domain.push import Push
from ledger.errors import MalformedError, RejectedError, UnavailableError
from portal.programs.push import read_channels
from tests.support.outside_channel import TOKEN, outside_channel

RECORD = '{"记录":1}'.encode()
HASH = "sha256:" + hashlib.sha256(RECORD).hexdigest()
PUSH = Push("disclosure:1", "CREDIT", "PUBLISH", HASH, "push:1", "11430100FCT000022L")


@pytest.fixture(scope="module")
def running():
    with outside_channel() as channel:
        yield channel


@pytest.fixture
def channel(running):
    running.arrived.clear()
    running.held.clear()
    running.mode = "receipt"
    return running


def line(channel):
    return HttpChannel(ChannelAddress(channel.url, TOKEN))


def test_a_record_goes_out_as_it_is_and_its_receipt_comes_back(channel):
    assert line(channel).send(PUSH, RECORD) == "ACCEPTED"
    (message,) = channel.arrived
    assert (message.action, message.batch, message.record_hash) == ("PUBLISH", "push:1", HASH)
    assert (message.record, message.authorization) == (RECORD, f"Bearer {TOKEN}")


def test_the_same_message_twice_is_one_record_there(channel):
    for _ in range(2):
        line(channel).send(PUSH, RECORD)
    assert channel.held == {HASH: RECORD}


def test_a_refusal_is_an_answer(channel):
    channel.mode = "refuse"
    assert line(channel).send(PUSH, RECORD) == "REFUSED"


@pytest.mark.parametrize(
    ("mode", "error"),
    [("other hash", RejectedError), ("no answer", UnavailableError), ("error", UnavailableError)],
)
def test_what_is_no_receipt_with_the_same_hash_acknowledges_nothing(channel, mode, error):
    channel.mode = mode
    with pytest.raises(error) as caught:
        line(channel).send(PUSH, RECORD)
    assert len(channel.arrived) == 1
    assert TOKEN not in str(caught.value)
    assert channel.url not in str(caught.value)


def test_an_answer_that_never_ends_is_none(channel):
    """Every byte comes in time, so no wait for a single one runs out."""
    channel.mode = "drip"
    slow = HttpChannel(ChannelAddress(channel.url, TOKEN), timeout_s=0.2)
    with pytest.raises(UnavailableError):
        slow.send(PUSH, RECORD)


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://127.0.0.1/push", f"{TOKEN}\n"),
        ("http://127.0.0.1/push", f"{TOKEN}密"),
        (f"http://127.0.0.1/push {TOKEN}", TOKEN),
        (f"http://127.0.0.1/推{TOKEN}", TOKEN),
        (f"http://user:{TOKEN}@127.0.0.1/push", TOKEN),
    ],
)
def test_what_cannot_be_sent_is_refused_before_and_not_repeated(url, token):
    with pytest.raises(MalformedError) as caught:
        HttpChannel(ChannelAddress(url, token))
    assert TOKEN not in str(caught.value)


def test_nobody_listens(channel):
    with pytest.raises(UnavailableError, match="CREDIT is away"):
        HttpChannel(ChannelAddress("http://127.0.0.1:9/", TOKEN)).send(PUSH, RECORD)


def test_where_channels_are_is_read_and_never_repeated(channel, tmp_path):
    file = channel.config(tmp_path, "CREDIT")
    (address,) = read_channels(file).values()
    assert (address.url, address.token) == (channel.url, TOKEN)
    assert TOKEN not in repr(address)
    for text in (
        f'{{"NOWHERE": {{"url": "{TOKEN}"}}}}',
        f'["{TOKEN}"]',
        f'{{"CREDIT": "{TOKEN}"}}',
    ):
        file.write_text(text)
        with pytest.raises(MalformedError) as caught:
            read_channels(file)
        assert TOKEN not in str(caught.value)
    with pytest.raises(UnavailableError):
        read_channels(tmp_path / "nothing")
    with pytest.raises(MalformedError, match="no HTTP address"):
        HttpChannel(ChannelAddress(f"ftp://{TOKEN}", TOKEN))


def test_a_token_leaves_this_machine_over_https_only():
    """On the way to another machine everybody could read it."""
    with pytest.raises(MalformedError, match="https"):
        HttpChannel(ChannelAddress("http://credit.example/push", "secret"))
    HttpChannel(ChannelAddress("http://credit.example/push", ""))
    HttpChannel(ChannelAddress("https://credit.example/push", "secret"))
