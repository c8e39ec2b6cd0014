"""What can go wrong while starting, as sentences."""


class StackError(RuntimeError):
    """The platform cannot be started; the message says why and names the way out."""
