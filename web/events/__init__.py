"""The numbered events that browsers follow: reading them on, in order, once. Who records them is elsewhere."""
