"""Jobs that make user accounts in bulk, and the pages that show them."""
