"""The application that gunicorn and flask load."""

from booking import create_app
from config import logging

logging.configure()
app = create_app()
