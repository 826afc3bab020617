"""Price feeds: contracts on a network that say what a currency, or a token, is worth."""
