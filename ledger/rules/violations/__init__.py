"""The violation rules (FLAG): what happened is recorded, and what the law says of it is told."""
