"""The message bus (NATS): names, connection, what must not get lost on the way, configuration over the bus."""
