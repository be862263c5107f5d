"""placeholder"""
from contextlib import contextmanager
@contextmanager
def open_performer(data, state, stopping):
    yield type("P", (), {"perform": lambda self, record: None})()
