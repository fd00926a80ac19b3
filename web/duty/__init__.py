"""Who is on duty: the roster, its gaps, and the ladders by which alerts climb."""
