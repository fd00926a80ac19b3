"""The kernel of the camera service: domain types, settings, bus, ingest, media; command line and supervisor on top."""

__version__ = "0.1.0"
