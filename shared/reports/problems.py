"""Why a file cannot be made; every message is a sentence for the person who asked."""


class ExportError(ValueError):
    """A file that cannot be made as it was asked for."""


class TooLargeError(ExportError):
    """More than the kind of file holds, or than is made here."""


class NothingToExportError(ExportError):
    """The page has no such card, or the card has no figure or no numbers for this kind of file."""
