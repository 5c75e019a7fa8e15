"""Simulated RTSP cameras for the demo and the tests.

They share no line with the house, so that a mistake there cannot hide here.
"""
