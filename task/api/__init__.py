"""The same acts as JSON under /api/, beside the pages: each asks who calls, and makes one call into the rules."""
