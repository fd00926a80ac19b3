"""Types of the service: the facility, the messages between processes, clocks and errors. No I/O in here."""
