"""The index in the database, compared with what the nodes' journals say. Making it anew is the consumers'."""
