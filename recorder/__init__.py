"""The recorder role: packets to fragments to segments on disk, journal, gaps, live fan-out, reads. Never decodes."""
