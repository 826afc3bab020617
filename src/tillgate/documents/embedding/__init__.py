"""Sessions in which a partner's people work with templates inside of the partner's pages."""
