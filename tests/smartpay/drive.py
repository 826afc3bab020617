"""Call the published client as a test says, a line of JSON for each call, and answer in one.

A call is ``{"name", "args", "more"}``. It runs in the environment that scripts/smartpay.sh makes.
"""

import json
import os
import sys

from smartpay import Smartpay  # the published package: this file is started with only its own folder on the path

# The base URL comes from the environment, as the client reads it.
client = Smartpay(os.environ["SMARTPAY_SECRET_KEY"])

for line in sys.stdin:
    call = json.loads(line)
    try:
        answer = {"done": getattr(client, call["name"])(*call["args"], **call.get("more", {}))}
    except Exception as error:
        answer = {"failed": {"message": str(error)}}
    print(json.dumps(answer), flush=True)
