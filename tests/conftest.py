"""Servers that tests share: real PostgreSQL and a real broker, started on first use."""

import signal

from hypothesis import settings

# The same examples everywhere; how long one takes says more about the machine than about the code.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci")

# A job in the background of a script ignores Ctrl-C, and so would every program started here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.support.browser", "tests.support.postgres", "tests.support.kafka"]
