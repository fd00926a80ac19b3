"""Real servers for tests: GStreamer's RTSP server, NATS, scripted cameras."""
