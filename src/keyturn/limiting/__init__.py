"""Rate limits (GCRA): in this process, or shared by several through Valkey."""
