"""The events of taps in memory."""

from domain.items import Conflict
from domain.live.ports import Chunk


class MemoryTaps:
    """Implements `domain.live.ports.TapStore`; what is in `before_append` happens before the next chunk is kept."""

    def __init__(self):
        self.states = {}
        self.kept = {}
        self.expiries = {}
        self.before_append = None

    def state(self, tap_id):
        return self.states.get(tap_id, (0, b""))

    def append(self, tap_id, version, state, chunk, first, expiry):
        happening, self.before_append = self.before_append, None
        if happening:
            happening()
        if self.state(tap_id)[0] != version:
            raise Conflict([0])
        self.states[tap_id] = (version + 1, state)
        self.expiries[tap_id, chunk.number] = expiry.chunk
        self.expiries[tap_id] = expiry.state
        kept = self.kept.setdefault(tap_id, [])
        self.kept[tap_id] = [one for one in kept if one.number >= first] + [Chunk(*chunk)]

    def chunks(self, tap_id, first, most):
        return [chunk for chunk in self.kept.get(tap_id, []) if chunk.number >= first][:most]

    def purge(self, now):
        self.states = {tap: state for tap, state in self.states.items() if self.expiries[tap] > now}
        for tap_id, kept in self.kept.items():
            self.kept[tap_id] = [chunk for chunk in kept if self.expiries[tap_id, chunk.number] > now]
