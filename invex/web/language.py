"""Which language an answer speaks: pages that of the person, programs English."""

from __future__ import annotations

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from invex.kernel.rest.problems import API_PREFIX

PROGRAMS = "en"  # what the REST interface says must not depend on who asks


class Language(LocaleMiddleware):
    """As Django's: the cookie of the person's choice, else what the browser asks for. The REST interface is English."""

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language of the request."""
        if request.path_info.startswith(API_PREFIX):
            translation.activate(PROGRAMS)
            request.LANGUAGE_CODE = PROGRAMS
        else:
            super().process_request(request)
