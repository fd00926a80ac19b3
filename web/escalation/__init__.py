"""From a stored alert to a person who takes it on: the chain of each alert, its deadlines, its deliveries."""
