"""The filters that people keep of lists."""
