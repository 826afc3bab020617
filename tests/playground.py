"""The API playground as somebody uses it, in a browser."""

from playwright.sync_api import Page, expect


def opened(page: Page, server: str) -> Page:
    """The playground of a server, once it knows what can be called."""
    page.goto(f"{server}/docs/playground")
    expect(page.get_by_role("button", name="Send request")).to_be_enabled()
    return page


def choose(page: Page, operation: str, language: str | None = "Crypto Checkout") -> None:
    """An operation by its method and path, of a language where there are several."""
    if language is not None:
        page.get_by_label("Language").select_option(label=language)
    page.get_by_label("Operation").locator(f'option[value="{operation}"]').wait_for(state="attached")
    page.get_by_label("Operation").select_option(value=operation)


def pressed(page: Page, told: str) -> None:
    """Send what the form holds, and be told so."""
    page.get_by_role("button", name="Send request").click()
    expect(page.get_by_role("status")).to_contain_text(told)


def sent(page: Page, status: str) -> str:
    """Send what the form holds; the answer's body."""
    pressed(page, status)
    return page.get_by_role("region", name="Answer's body").inner_text()
