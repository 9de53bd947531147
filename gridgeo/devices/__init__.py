"""Cameras and sensors in their grids."""
