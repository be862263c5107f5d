"""The annual statistics of enforcement: counted from entries alone, as of signed sizes."""
