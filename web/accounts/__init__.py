"""People and their logins: users, passwords, sessions, tokens, throttling. What a role may do is ``roles``."""
