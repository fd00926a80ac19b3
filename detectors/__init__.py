"""Packets → samples → persons → tracks → rules → alerts. Never imports ``recorder`` or ``web``."""
