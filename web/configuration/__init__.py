"""The configuration in force: its revisions in the database, and telling the workers. Its shape is ``vms.domain``."""
