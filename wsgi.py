"""The application that gunicorn and flask load."""

from booking import create_app

app = create_app()
