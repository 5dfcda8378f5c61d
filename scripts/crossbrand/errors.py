"""The one exception that the command line shows to its user without a traceback."""


class CrossbrandError(Exception):
    """A mistake that the user can mend: the message names what is wrong, where, and the mend."""
