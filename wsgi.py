"""The door for any WSGI server, as in `gunicorn wsgi:app`."""

from civicconnect.app import create_app
from config import settings

app = create_app(settings)
