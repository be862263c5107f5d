"""What organisations declare, as documents: the same members in the HTTP API and on pages."""
