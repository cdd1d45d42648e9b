"""Fields: types, locale, canonical values, checks, the specification of a template. Pure: no Django in here."""
