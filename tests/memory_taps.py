"""The events of taps in memory."""

from domain.items import Conflict
from domain.live.ports import Chunk


class MemoryTaps:
    """Implements `domain.live.ports.TapStore`; what is in `before_append` happens before the next chunk is kept."""

    def __init__(self):
        self.states = {}
        self.kept = {}
        self.before_append = None

    def state(self, tap_id):
        return self.states.get(tap_id, (0, b""))

    def append(self, tap_id, version, state, chunk, first, expires_at):
        happening, self.before_append = self.before_append, None
        if happening:
            happening()
        if self.state(tap_id)[0] != version:
            raise Conflict([0])
        self.states[tap_id] = (version + 1, state)
        kept = self.kept.setdefault(tap_id, [])
        self.kept[tap_id] = [one for one in kept if one.number >= first] + [Chunk(*chunk)]

    def chunks(self, tap_id, first, most):
        return [chunk for chunk in self.kept.get(tap_id, []) if chunk.number >= first][:most]
