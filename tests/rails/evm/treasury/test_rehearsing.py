"""What a node says to a plan before it is sent: frozen addresses are found by trying, on a real node with a token that
freezes as the well-known ones do."""

import pytest

from keyturn.database import Database
from tests.rails.evm.anvil import CHAIN_ID, running_anvil
from tests.rails.evm.treasury.test_contract import FROZEN, TREASURY, Chain
from tillgate.base.clock import SystemClock
from tillgate.rails.evm.addresses import parse_address
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.model import Token
from tillgate.rails.evm.networks.operations import NewNetwork
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import new_treasury
from tillgate.rails.evm.treasury.rehearsing import Refusal, rehearse
from tillgate.rails.evm.treasury.sweeping import AddressBalance, Plan
from tillgate.store import Sealer
from tillgate.store.sealing import new_key

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_frozen_address_is_named_and_the_rest_moves(database: Database) -> None:
    """The sum at the frozen address alone is left out, with the token's word for it; the call that is left moves all
    else with the gas that it is given; and a treasury that a token has frozen is named."""
    sealer, now = Sealer(new_key()), SystemClock().now()
    with running_anvil("--gas-limit", "30000000") as anvil:
        chain, source = Chain(anvil), new_treasury(TREASURY)
        asked = await operations.ask(
            NewNetwork("anvil", [anvil.url], chain_id=CHAIN_ID, confirmations=1), now, dev=True
        )
        network = (await database.write(lambda tx: operations.add(tx, sealer, asked))).network
        first, second = source.addresses(0, 2)
        names = parse_address(anvil.token), parse_address(chain.hostile(FROZEN, first))
        good, bad = [Token(CHAIN_ID, one, "TUSD", 6, "USD", False, None) for one in names]
        for address in (first, second):
            chain.mint(good.address, address, 7)
            chain.mint(bad.address, address, 9)
        amounts = {good.address: 7, bad.address: 9}
        lying = [AddressBalance(at, one, dict(amounts)) for at, one in enumerate((first, second))]
        found = Plan(network, [good, bad], lying, None)
        told = await rehearse(database, sealer, source, found, project_id="prj_1", now=now)
        assert [(one.address, one.token, one.reason) for one in told.refused] == [(first, bad, Refusal.FROZEN)]
        assert (told.trouble, told.frozen_treasury, told.is_deployed) == (None, [], True)
        assert [one.amounts_atomic for one in told.found.lying] == [{good.address: 7}, amounts]
        call = told.call(source)
        assert call is not None
        receipt = chain.sent(contract.factory(), call, sender=chain.stranger, gas=hex(told.gas_limit))
        assert receipt["status"] == "0x1"
        assert [chain.held(good.address, one) for one in (first, second, TREASURY)] == [0, 0, 14]
        assert [chain.held(bad.address, one) for one in (first, second, TREASURY)] == [9, 0, 9]

        frozen = parse_address(chain.hostile(FROZEN, TREASURY))
        other = good._replace(address=frozen)
        chain.mint(frozen, second, 5)
        found = Plan(network, [other], [AddressBalance(1, second, {frozen: 5})], None)
        told = await rehearse(database, sealer, source, found, project_id="prj_1", now=now)
        assert (told.frozen_treasury, told.found.lying, told.call(source)) == ([other], [], None)
