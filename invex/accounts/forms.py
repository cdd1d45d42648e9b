"""Forms of accounts."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.utils.translation import gettext_lazy

from .models import User

# Who approved or changed something is kept as text: nobody may be called like what is no person.
RESERVED_NAMES = frozenset({"auto", "system", "token"})


class AccountForm(UserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """Name and password of a new account, checked by AUTH_PASSWORD_VALIDATORS."""

    class Meta:
        model = User
        fields = ("username",)

    def clean_username(self) -> str:
        """Return the name unless somebody has it, in any case, or nobody may."""
        name = super().clean_username()  # None when it is taken
        if name and name.lower() in RESERVED_NAMES:
            raise forms.ValidationError(gettext_lazy("This name is taken. Choose another."), code="reserved")
        return name
