"""What the service must survive (docs/reliability.md), with real servers and real files."""
