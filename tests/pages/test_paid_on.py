"""What the page of a session on networks is told: pure."""

from tillgate.checkout.payments.requests import transfer_call
from tillgate.pages.paid_on import answered
from tillgate.rails.evm.sight import VERDICTS, answer_of
from tillgate.rails.port import Explanation, Found, HashAnswer, HashVerdict, OnNetwork, Verdict
from tillgate.words import ENGLISH, words_in

ADDRESS = "0x6716081765E673e6aA1c36858956Da87c9e7DE3D"


def test_a_transfer_is_encoded_by_the_contract_abi() -> None:
    """The selector, the address and the amount, each of the latter in 32 bytes."""
    data = transfer_call(ADDRESS, 50_000_000)

    assert data == "0xa9059cbb" + "00" * 12 + ADDRESS[2:].lower() + f"{50_000_000:064x}"


def test_each_verdict_has_words_and_each_explanation_one_of_them() -> None:
    """Nothing that a node answers leaves a buyer without a sentence."""
    assert set(VERDICTS) == set(Verdict)
    for verdict in HashVerdict:
        assert answered(HashAnswer(verdict, "Base"), words_in(ENGLISH))
    silent = Explanation("0x", (OnNetwork("base", "Base", 8453, Found.NOT_ANSWERED),))
    unknown = Explanation("0x", (OnNetwork("base", "Base", 8453, Found.UNKNOWN),))
    pending = Explanation("0x", (OnNetwork("base", "Base", 8453, Found.PENDING),))
    assert [answer_of(one).verdict for one in (silent, unknown, pending)] == [
        HashVerdict.NOT_ANSWERED,
        HashVerdict.UNKNOWN,
        HashVerdict.NOT_MINED,
    ]
