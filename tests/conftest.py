"""Servers that tests share: real PostgreSQL and a real broker, started on first use."""

from hypothesis import settings

# The same examples everywhere; how long one takes says more about the machine than about the code.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci")

pytest_plugins = ["tests.support.browser", "tests.support.postgres", "tests.support.kafka"]
