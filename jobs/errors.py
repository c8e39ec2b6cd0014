"""How a command says that it cannot do what was asked."""


class CommandError(RuntimeError):
    """An expected failure: the message is a sentence naming the way out; the command ends with exit code 1, without a traceback."""
