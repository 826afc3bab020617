"""djangorestframework-api-key as its guide shows it: the permission on a view, behind gunicorn.

PEER_DIRECTORY=DIRECTORY gunicorn app:application

It has no scopes, no limits and writes nothing when a key is used. Kinder than a new project in three things: one
middleware of seven, connections to the database that stay open, and WAL mode.
"""

import os
import sqlite3
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

KEYS = 16
directory = Path(os.environ["PEER_DIRECTORY"])
settings.configure(
    SECRET_KEY="a secret for the bench",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "rest_framework",
        "rest_framework_api_key",
    ],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": directory / "keys.db", "CONN_MAX_AGE": None}
    },
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": []},
    USE_TZ=True,
)
django.setup()

from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402


class Verify(APIView):
    permission_classes = (HasAPIKey,)

    def get(self, request: Request) -> Response:
        return Response({"valid": True})


urlpatterns = [path("", lambda request: HttpResponse("ready")), path("verify", Verify.as_view())]

sqlite3.connect(directory / "keys.db").execute("PRAGMA journal_mode = WAL")
call_command("migrate", verbosity=0)
made = [APIKey.objects.create_key(name=f"bench {number}")[1] for number in range(KEYS)]
(directory / "keys").write_text("\n".join(made))
application = get_wsgi_application()
