"""Real Chromium against the real service."""
