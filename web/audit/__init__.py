"""The audit log: who looked at what, changed what, and was refused. Who may read it is ``web.api.audit``'s."""
