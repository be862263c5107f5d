"""The annual statistics as files: the same bytes whenever they are made again."""
