"""Benchmarks against the peers, in the same run on the same machine. Roles are started as processes, never imported."""
