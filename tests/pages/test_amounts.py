import pytest

from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.pages.amounts import time_left, units
from tillgate.pages.networks import asset_name, network_name, payment_uri
from tillgate.rails.port import PaymentTerms
from tillgate.words import ENGLISH, words_in

ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"
TOKEN = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"


@pytest.mark.parametrize(
    ("money", "words"),
    [
        (Money(4_900, "USD"), "$49.00 USD"),
        (Money(123_456_789, "EUR"), "€1,234,567.89 EUR"),
        (Money(1_200, "JPY"), "¥1,200 JPY"),
        (Money(12_500, "KWD"), "12.500 KWD"),
        (Money(5, "CHF"), "0.05 CHF"),
    ],
)
def test_a_price_has_its_currencys_own_minor_digits(money: Money, words: str) -> None:
    """Yen have no decimals and dinars have three; the code stands beside every sign."""
    assert words_in(ENGLISH).price(money).text == words


def test_every_currency_can_be_shown() -> None:
    """No currency that a merchant may use breaks the page."""
    for code in MINOR_DIGITS:
        assert words_in(ENGLISH).price(Money(1_234_567, code)).text.endswith(f" {code}")


@pytest.mark.parametrize(
    ("atomic", "decimals", "number"),
    [
        (19_600_000_000_000_000, 18, "0.0196"),
        (1, 18, "0.000000000000000001"),
        (10**18, 18, "1"),
        (1_000_000_500_000, 6, "1000000.5"),
        (7, 0, "7"),
        (0, 18, "0"),
    ],
)
def test_a_crypto_amount_is_exact_and_can_be_typed_into_a_wallet(atomic: int, decimals: int, number: str) -> None:
    """No rounding, no thousands separators, no exponent."""
    assert units(atomic, decimals) == number


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (-5 * SECOND_MS, "0:00"),
        (0, "0:00"),
        (9 * SECOND_MS + 999, "0:09"),
        (59 * MINUTE_MS + 3 * SECOND_MS, "59:03"),
        (HOUR_MS, "1:00:00"),
        (DAY_MS - SECOND_MS, "23:59:59"),
        (2 * DAY_MS + 3 * HOUR_MS, "2 d 3 h"),
    ],
)
def test_the_time_left_reads_like_a_clock(milliseconds: int, words: str) -> None:
    """It never runs below zero."""
    assert time_left(milliseconds, words_in(ENGLISH)) == words


def test_a_wallet_is_given_the_network_the_address_and_the_exact_amount() -> None:
    """EIP-681, for a chain's own coin and for a token."""
    coin = PaymentTerms(137, "eip155:137/slip44:966", 18, ADDRESS, 123, "0.40")
    token = PaymentTerms(1, f"eip155:1/erc20:{TOKEN}", 6, ADDRESS, 49_000_000, "2500.00")

    assert payment_uri(coin) == f"ethereum:{ADDRESS}@137?value=123"
    assert payment_uri(token) == f"ethereum:{TOKEN}@1/transfer?address={ADDRESS}&uint256=49000000"
    assert (network_name(137, words_in(ENGLISH)), asset_name(coin, words_in(ENGLISH))) == ("Polygon", "POL")
    assert (network_name(1, words_in(ENGLISH)), asset_name(token, words_in(ENGLISH))) == (
        "Ethereum",
        "token 0xA0b8…eB48",
    )
    assert network_name(424242, words_in(ENGLISH)) == "EVM chain 424242"
