"""What is known of each camera now: from the workers' heartbeats to states, changes and the alarm `camera_offline`."""
