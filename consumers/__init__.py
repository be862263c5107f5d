"""Package consumers."""
