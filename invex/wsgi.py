"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "invex.settings")
application = get_wsgi_application()

from invex.web.warm import warm  # noqa: E402  it needs the applications

warm()
