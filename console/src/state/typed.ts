/** The text of a field whose value stands elsewhere and comes back later, as one in the address does. */

import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";

export interface Typed {
  text: string;
  /** The value as it was last seen. */
  seen: string;
  /** What was typed and told, and has not come back yet; oldest first. */
  told: readonly string[];
}

/** The field after its value has become another: one that was typed here changes nothing in the text. */
export function afterValue(typed: Typed, value: string): Typed {
  const own = typed.told.lastIndexOf(value);
  if (own >= 0) return { ...typed, seen: value, told: typed.told.slice(own + 1) };
  return { text: value, seen: value, told: [] };
}

/** The field once its text, without the spaces around it, is told; null if that is no news. */
export function afterTelling(typed: Typed, text: string): Typed | null {
  const said = text.trim();
  return said === (typed.told.at(-1) ?? typed.seen) ? null : { ...typed, told: [...typed.told, said] };
}

/**
 * What is typed leads: `onChange` hears of it, without the spaces around it, after a pause. Only a value that was not
 * typed here, such as one of a link or of "Show everything", takes the text's place.
 */
export function useTyped(value: string, onChange: (value: string) => void, pauseMs = 0) {
  const [kept, setTyped] = useState<Typed>({ text: value, seen: value, told: [] });
  const typed = value === kept.seen ? kept : afterValue(kept, value);
  if (typed !== kept) setTyped(typed);
  const tell = (text: string) => {
    const next = afterTelling(typed, text);
    if (next === null) return;
    setTyped((old) => ({ ...old, told: next.told }));
    onChange(text.trim());
  };
  const tellLater = useDebouncedCallback(tell, pauseMs);
  return {
    value: typed.text,
    onChange: (event: { currentTarget: { value: string } }) => {
      const text = event.currentTarget.value;
      setTyped((old) => ({ ...old, text }));
      if (pauseMs === 0) tell(text);
      else tellLater(text);
    },
  };
}
