"""Rules: what they look at, when they are armed, and when an alert opens, changes and ends."""
