"""Pages for everybody: disclosures with their proof, and the registers."""
