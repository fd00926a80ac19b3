"""Pulling a camera's stream once: RTSP over TCP with PyAV, one thread a stream, runs, anchors, watchdog."""
