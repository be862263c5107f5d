"""The command line: every program is wired together here and nothing is decided here.

A command parses, calls one function, prints, and returns its exit code (docs/reference/cli.md).
"""
