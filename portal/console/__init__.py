"""Pages behind a login: cases as of a moment, retrievals, the work on disclosures."""
