// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// The code that every payment's address shares. What lies at such an address moves to the treasury that the factory
/// names, and the factory names only the one that the address was made from. It has no owner and no upgrade.
contract Till {
    address private immutable FACTORY = msg.sender;

    receive() external payable {}

    /// Move all of one token, or of the chain's own coin (token zero). What fails moves nothing, and is undone.
    function sweep(address treasury, address token) external {
        require(msg.sender == FACTORY);
        bool moved;
        bytes memory told;
        if (token == address(0)) {
            (moved, ) = treasury.call{value: address(this).balance}("");
        } else {
            (moved, told) = token.staticcall(abi.encodeWithSignature("balanceOf(address)", address(this)));
            uint256 held = moved ? abi.decode(told, (uint256)) : 0;
            if (held == 0) return;
            (moved, told) = token.call(abi.encodeWithSignature("transfer(address,uint256)", treasury, held));
            // Some tokens answer nothing where others answer true.
            moved = moved && (told.length == 0 || abi.decode(told, (bool)));
        }
        require(moved);
    }
}

/// Makes payments' addresses: minimal clones of the till (ERC-1167) whose salt holds their treasury. Anybody may call it.
contract TillFactory {
    address private immutable TILL = address(new Till());

    /// Move what lies at these addresses of a treasury to it, each token apart: what one refuses stays where it is.
    function flush(address treasury, bytes32[] calldata salts, address[] calldata tokens) external {
        bytes memory code = abi.encodePacked(
            hex"3d602d80600a3d3981f3363d3d373d3d3d363d73", TILL, hex"5af43d82803e903d91602b57fd5bf3"
        );
        bytes32 hashed = keccak256(code);
        for (uint256 i = 0; i < salts.length; i++) {
            bytes32 salt = keccak256(abi.encode(treasury, salts[i]));
            address till = address(
                uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, hashed))))
            );
            if (till.code.length == 0) {
                assembly {
                    till := create2(0, add(code, 32), mload(code), salt)
                }
                require(till != address(0));
            }
            for (uint256 j = 0; j < tokens.length; j++) {
                try Till(payable(till)).sweep(treasury, tokens[j]) {} catch {}
            }
        }
    }
}
