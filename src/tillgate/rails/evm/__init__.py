"""EVM networks: nodes are asked, blocks are read, and transfers are written down before they count."""
