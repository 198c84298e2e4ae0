"""The JSON API under /api/. Every operation authorises its caller and makes one call into task.jobs or the feed."""
