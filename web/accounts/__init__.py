"""People and their logins: users, passwords, sessions, throttling. What a role may do is ``web.access``."""
