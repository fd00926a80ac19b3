"""The person model that a bare clone has: where its weights lie (``python -m detectors.weights`` puts them there)."""
