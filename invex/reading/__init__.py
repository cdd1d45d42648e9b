"""Reading: a file becomes pages, pages become words. Pure: no Django in here."""
