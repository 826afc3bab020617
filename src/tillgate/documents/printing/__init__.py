"""The files of documents that are issued: made once, and kept as they are for ever."""
