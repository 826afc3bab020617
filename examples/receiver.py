"""A webhook receiver with nothing but the standard library: it checks the signature, then prints the event.

WEBHOOK_SECRET=whsec_… python3 examples/receiver.py [PORT]
"""

import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]
AGE_SECONDS_MAX = 300

# The ids of the events that were handled; a real receiver keeps them in its database.
handled: set[str] = set()


def is_genuine(header: str, body: bytes) -> bool:
    """Whether ``X-Webhook-Signature: t=…,v1=…`` fits these very bytes and is not an old one sent again."""
    parts = [part.strip().partition("=")[::2] for part in header.split(",")]
    timestamp = dict(parts).get("t", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > AGE_SECONDS_MAX:
        return False
    expected = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    # While a secret is rotated there is one signature of the new and one of the old.
    return any(hmac.compare_digest(expected.encode(), value.encode()) for name, value in parts if name == "v1")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not is_genuine(self.headers.get("X-Webhook-Signature", ""), body):
            self.send_response(400)
            self.end_headers()
            return
        event = json.loads(body)
        # Deliveries may come more than once; the event id tells.
        if event["id"] not in handled:
            handled.add(event["id"])
            print(f"{event['type']:20} {event['data']['id']}  {event['data'].get('status', '')}", flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Only events are printed."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    print(f"Listening on http://127.0.0.1:{port}/", flush=True)
    HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
