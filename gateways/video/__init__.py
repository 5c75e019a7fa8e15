"""Cameras: RTSP with H.264 read by stream copy, and the fragmented MP4 that browsers play. Nothing is ever re-coded."""
