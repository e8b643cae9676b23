"""CivicConnect: service requests from the phone to the open data."""

__version__ = "0.1.0"
