from tests.dashboard.test_browser import *  # noqa
from tests.dashboard.test_browser import pages, sign_in, complaints  # noqa
from tests.conftest import *  # noqa


def test_shots(running, pages, open_page):
    import os
    os.makedirs("/tmp/w18b_shots", exist_ok=True)
    for name, size, scheme in (("d", {"width": 1280, "height": 800}, "light"), ("p", {"width": 390, "height": 844}, "dark")):
        page = open_page(viewport=size, color_scheme=scheme)
        sign_in(page, running.url)
        for what in ("orders", "fulfil orders", "fulfilled orders", "saved filter", "tag keys", "failed deliveries", "replay deliveries", "replayed deliveries", "webhook", "requests", "keys", "customers"):
            page.goto(f"{running.url}/dashboard{pages[what]}")
            page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
            found = [one for one in complaints(page) if "target-size" not in one or "/dashboard/payment-links" in one]
            print("AXE", name, what, found[:4])
            if what in ("keys", "requests", "orders"): page.screenshot(path=f"/tmp/w18b_shots/{name}-{what.replace(' ', '_')}.png", full_page=False)
        print("NAV", page.evaluate("JSON.stringify([...document.querySelectorAll('nav li a')].slice(0,4).map(a=>a.getBoundingClientRect().height))"))
