import { Written } from "@/text/json";
import { NotJson, Tokens } from "@/text/json_tokens";

export type Samples = { events: Written[]; fault: null } | { events: null; fault: string };

/** Read what was pasted, with every event as it was written: one event, an array of them, or one per line. */
export function samplesFrom(text: string): Samples {
  const trimmed = text.trim();
  if (trimmed === "") return failed("Paste an event: a JSON object.");
  const whole = elementsOf(trimmed);
  if (!(whole instanceof NotJson)) return eventsOf(whole);
  const lines = trimmed.split("\n").map((line) => line.trim());
  if (lines.length > 1 && isWhole(lines[0] ?? "")) {
    const events: string[] = [];
    for (const [index, line] of lines.entries()) {
      if (line === "") continue;
      const one = elementsOf(line);
      if (one instanceof NotJson) return failed(`Line ${index + 1} is not JSON: ${one.message}.`);
      events.push(line);
    }
    return eventsOf(events);
  }
  return failed(`This is not JSON: ${whole.message}.`);
}

function eventsOf(texts: string[]): Samples {
  for (const [index, text] of texts.entries()) {
    if (!text.startsWith("{")) {
      return failed(
        texts.length === 1 ? "An event is a JSON object: { … }" : `Event ${index + 1} is not a JSON object.`,
      );
    }
  }
  if (texts.length === 0) return failed("The array is empty.");
  return { events: texts.map((text) => new Written(text)), fault: null };
}

function failed(fault: string): Samples {
  return { events: null, fault };
}

function isWhole(text: string): boolean {
  return !(elementsOf(text) instanceof NotJson);
}

/** The texts of an array's elements; of anything else, the text itself. */
function elementsOf(text: string): string[] | NotJson {
  const tokens = new Tokens(text);
  try {
    const isArray = tokens.next() === "open" && !tokens.isInObject;
    const elements: string[] = [];
    while (tokens.next() !== "end") {
      if (tokens.depth === 0) continue;
      const { from } = tokens;
      while (tokens.depth > 1) tokens.next();
      if (isArray) elements.push(text.slice(from, tokens.to));
    }
    return isArray ? elements : [text];
  } catch (error) {
    if (error instanceof NotJson) return error;
    throw error;
  }
}
