"""The WSGI application that gunicorn serves."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invex.settings")
django_application = get_wsgi_application()

from invex.kernel.after_answer import AfterAnswer  # noqa: E402  it needs the applications
from invex.web.warm import warm  # noqa: E402

application = AfterAnswer(django_application)
warm()

# A request gives up the interpreter at every query; with the 5 ms of the default it gets it back that much later each
# time while another thread computes.
sys.setswitchinterval(0.0005)
