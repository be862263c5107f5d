"""What the role programs are made of: parts of the packages below, joined, and nothing decided."""
