export type Event = Record<string, unknown>;

export type Samples = { events: Event[]; fault: null } | { events: null; fault: string };

/** Read what somebody pasted: one event, an array of them, or one a line. */
export function samplesFrom(text: string): Samples {
  const trimmed = text.trim();
  if (trimmed === "") return failed("Paste an event: a JSON object.");
  const whole = parsed(trimmed);
  if (whole.ok) return eventsOf(Array.isArray(whole.value) ? whole.value : [whole.value]);
  const lines = trimmed.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > 1 && parsed(lines[0] ?? "").ok) {
    const values: unknown[] = [];
    for (const [index, line] of lines.entries()) {
      const one = parsed(line);
      if (!one.ok) return failed(`Line ${index + 1} is not JSON: ${one.reason}`);
      values.push(one.value);
    }
    return eventsOf(values);
  }
  return failed(`This is not JSON: ${whole.reason}`);
}

function eventsOf(values: unknown[]): Samples {
  const events: Event[] = [];
  for (const [index, value] of values.entries()) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return failed(
        values.length === 1 ? "An event is a JSON object: { … }" : `Event ${index + 1} is not a JSON object.`,
      );
    }
    events.push(value as Event);
  }
  return events.length === 0 ? failed("The array is empty.") : { events, fault: null };
}

function failed(fault: string): Samples {
  return { events: null, fault };
}

function parsed(text: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : "it can’t be read" };
  }
}
