"""Patient rooms: closed by default, opened by somebody, for a reason and for minutes."""
