"""The door for any WSGI server, as in `gunicorn wsgi:app`: one city, or all of CIVIC_CITIES."""

from civicconnect.cities import site
from config import settings

app = site(settings)
