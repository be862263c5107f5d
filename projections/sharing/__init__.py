"""What was shared with whom: pushes to outside channels with their receipts, what systems sent."""
