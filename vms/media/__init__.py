"""Elementary streams and MP4: NAL units, parameter sets, CMAF fragments, reading fragments back. No I/O but files."""
