from tests.fixtures.simulated_cameras import drawn_scenes, start_cameras

__all__ = ["drawn_scenes", "start_cameras"]
