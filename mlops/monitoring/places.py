"""Where the monitoring stands in the product's menu (settings.SHELL_PLACES)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from invex.accounts.roles import Right

# (url name, label, path under the project, right that it needs)
PLACES = (("monitoring", gettext_lazy("Monitoring"), "monitoring", Right.READ),)
