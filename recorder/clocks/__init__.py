"""The host's clock: whether it is kept, when it was set, the alert of that. Cameras' clocks are ``vms.ingest``'s."""
