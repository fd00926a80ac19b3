"""Reading what the operator states: the facility file, the environment, logging."""
