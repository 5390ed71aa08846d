"""verdict.py - what one proof says of one network."""
import dataclasses

EQUAL, NOISE, ILL, ASIDE, FAILED = "equal", "equal but for noise", "ill-conditioned", "not compared", "FAILED"
STATES = (EQUAL, NOISE, ILL, ASIDE, FAILED)


@dataclasses.dataclass
class Verdict:
    """`kind` is how it failed, without numbers: a smaller network must fail in the same way to stand for a larger one."""
    state: str
    words: str = ""
    kind: str = ""
    figures: tuple = ()
    compared: int = 0  # tensors beside PyTorch's
    apart: int = 0  # those of them of which rounding leaves nothing to compare
