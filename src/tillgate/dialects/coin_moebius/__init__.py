"""Coin Moebius: a buy button and a few endpoints by project, over the same store as everything else."""

from tillgate.dialects.coin_moebius.language import COIN_MOEBIUS

__all__ = ["COIN_MOEBIUS"]
