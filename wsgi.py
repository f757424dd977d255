"""The application that gunicorn and flask load."""

from booking import create_app
from config import logging
from config.settings import from_environment

settings = from_environment()
logging.configure(settings.log_format)
app = create_app(settings)
