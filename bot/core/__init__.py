"""The pure part: values in, values out. It cannot send, save, log, or ask the time."""
