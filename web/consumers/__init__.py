"""Reading the nodes' JetStream streams into the database: each message once, in order, acknowledged when kept."""
