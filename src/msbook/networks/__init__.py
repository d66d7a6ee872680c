"""What is trained: networks as plain :class:`torch.nn.Module` objects."""

from msbook.networks.dense import ACTIVATIONS, Dense, EncoderDecoder, Polar

__all__ = ["ACTIVATIONS", "Dense", "EncoderDecoder", "Polar"]
