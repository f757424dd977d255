"""The application that gunicorn and flask load."""

import gc

gc.disable()  # what is loaded here stays: to search it for garbage, again and again and at the end, took 0.5 s of 1.7

from booking import create_app  # noqa: E402 - likewise the other two: not before
from config import discreet, logging  # noqa: E402
from config.settings import from_environment  # noqa: E402

settings = from_environment()
logging.configure(settings.log_format)
discreet.tell_uncaught()
app = create_app(settings)
gc.freeze()
gc.enable()
