"""Getting a model: download, check against a known SHA-256, conversion, trial, installation (``vms models fetch``).

Not here: which models there are (``detectors.catalogue``), which one runs (``detectors.models``).
"""
