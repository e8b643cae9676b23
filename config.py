"""The settings of this installation, read from the environment, `.env` and secret files."""

from civicconnect.settings import Settings, load, shared

settings: Settings = shared() or load()
