"""Rules that are snoozed, cameras under maintenance: their alerts are stored and shown, and nobody is called."""
