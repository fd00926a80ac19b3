"""How well the service counts, over footage whose persons are known. Not here: the path itself (``replay``)."""
