"""What can go wrong with the stack, in words for the person who started it."""


class StackError(RuntimeError):
    """The stack cannot start or go on. The message is one line and says what to do; it is shown without traceback."""
