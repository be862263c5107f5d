"""The platform's own part: disclosures and retrievals, as acts that it signs."""
