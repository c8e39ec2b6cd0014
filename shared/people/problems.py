"""What can be wrong with a change to an account; every message is a sentence for the person who tried."""


class AccountError(ValueError):
    """A change to an account that is refused; the message says why and what to do instead."""


class UnknownPersonError(AccountError):
    """Nobody has this id or e-mail address."""


class StaleEditError(AccountError):
    """Somebody else changed the account after the form was opened."""
