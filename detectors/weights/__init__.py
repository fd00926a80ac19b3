"""The person model that a bare clone has: where its weights lie, and how they get there (``python -m detectors.weights``)."""
