// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A token that does what tokens do to each other, and to whoever holds them.
contract Hostile {
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    uint256 private kind;
    address private target;
    bytes private call;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function become(uint256 kind_, address target_, bytes calldata call_) external {
        kind = kind_;
        target = target_;
        call = call_;
    }

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    /// By this, tokens say whom they have frozen: here one address, or everybody where none is named.
    function isBlacklisted(address account) public view returns (bool) {
        return kind == 2 && (target == address(0) || target == account);
    }

    /// 1 answers nothing, 2 is frozen, 3 takes a fee, 4 answers false, 5 calls back, 6 burns all gas, 7 answers junk.
    function transfer(address to, uint256 value) external {
        if (isBlacklisted(msg.sender) || isBlacklisted(to)) revert("frozen");
        if (kind == 6) assembly { invalid() }
        if (kind == 5) {
            (bool done, ) = target.call(call);
            done;
        }
        if (kind != 4) {
            uint256 fee = kind == 3 ? value / 10 : 0;
            balanceOf[msg.sender] -= value;
            balanceOf[to] += value - fee;
            emit Transfer(msg.sender, to, value - fee);
        }
        if (kind == 1) return;
        assembly {
            mstore(0, 1)
            if eq(sload(kind.slot), 4) { mstore(0, 0) }
            if eq(sload(kind.slot), 7) { mstore(0, 77) }
            return(0, 32)
        }
    }
}
