// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
/// The token of `tillgate demo --live`: whoever puts it onto a chain has a million of it.
contract DemoDollar {
    string public constant name = "Demo Dollar";
    string public constant symbol = "DEMO";
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    event Transfer(address indexed from, address indexed to, uint256 value);
    constructor() { balanceOf[msg.sender] = 1e12; emit Transfer(address(0), msg.sender, 1e12); }
    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
}
