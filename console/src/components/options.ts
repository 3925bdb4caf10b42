/** Choices of a `Select` and its like: Mantine gives up the whole page where two of them have one value. */

export interface Option {
  value: string;
  label: string;
}

/** The texts or options without those whose value has come before. */
export function distinct<Choice extends string | Option>(choices: Iterable<Choice>): Choice[] {
  const found = new Map<string, Choice>();
  for (const choice of choices) {
    const value = typeof choice === "string" ? choice : choice.value;
    if (!found.has(value)) found.set(value, choice);
  }
  return [...found.values()];
}

/** A choice for each named thing, by its id. */
export function optionsOf(rows: Iterable<{ id: string; name: string }> | undefined): Option[] {
  return distinct(Array.from(rows ?? [], ({ id, name }) => ({ value: id, label: name })));
}
