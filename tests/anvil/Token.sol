// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A token for tests: anybody mints, one call makes several transfers, and a log can be a lie.
contract Token {
    string public constant name = "Test Dollar";
    string public constant symbol = "TUSD";
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function transfer(address to, uint256 value) public returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }

    /// Several transfers in one transaction, each with a log before it that is none.
    function transferMany(address[] calldata to, uint256[] calldata values) external {
        for (uint256 i = 0; i < to.length; i++) {
            emit Approval(msg.sender, to[i], values[i]);
            transfer(to[i], values[i]);
        }
    }

    /// The log of a transfer that does not happen.
    function pretend(address to, uint256 value) external {
        emit Transfer(msg.sender, to, value);
    }

    /// What an address has goes away without a log.
    function vanish(address from, uint256 value) external {
        balanceOf[from] -= value;
    }
}
