"""Alerts: taking in what detectors say, what people do with them, and how they are shown."""
