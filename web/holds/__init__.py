"""Holds: footage that is not deleted. The table, and telling the recorders."""
