"""Named, append-only event feeds that clients follow without losing an event. Imports nothing from `task`."""
