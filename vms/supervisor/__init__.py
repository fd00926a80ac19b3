"""``vms up`` and ``vms demo``: starts the other processes of this host, watches them, restarts them, ends them."""
