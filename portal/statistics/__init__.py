"""The annual statistics as files: JSON, CSV, spreadsheet; the same bytes whenever made again."""
