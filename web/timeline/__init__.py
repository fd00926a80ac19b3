"""What of a span of time was recorded and what was not, and why. Files themselves are the recorder's."""
