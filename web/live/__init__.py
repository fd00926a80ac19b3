"""Live pictures for browsers: one lease a camera and profile however many watch. Sockets themselves are `web.api`."""
