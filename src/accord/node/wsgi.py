from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from accord.node import exercise_clock
from accord.node.home import Home

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
application = get_wsgi_application()
exercise_clock.install(Home.from_environment())
