"""Named, append-only feeds of events, and all that is needed to follow one without a hole. Knows nothing of `task`."""
