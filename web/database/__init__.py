"""The database: its tables, how it is opened and migrated, how it is written to. What the rows mean is elsewhere."""
