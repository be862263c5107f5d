"""Servers that tests share: real PostgreSQL and a real broker, started on first use."""

pytest_plugins = ["tests.support.browser", "tests.support.postgres", "tests.support.kafka"]
