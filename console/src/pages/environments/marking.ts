/** A JSON text laid out in lines, with those marked that pointers name. */

export interface Line {
  text: string;
  isMarked: boolean;
}

/** Lay out a text and mark what is at the pointers, or the nearest thing above them; no JSON stays as it came. */
export function markedLines(text: string, pointers: readonly string[]): Line[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.split("\n").map((line) => ({ text: line, isMarked: false }));
  }
  const lines: Line[] = [];
  write(value, "", "", "", new Set(pointers.map((pointer) => existing(value, pointer))), lines);
  return lines;
}

/** The longest part of a pointer that leads to something: a key that is missing is marked at its parent. */
function existing(value: unknown, pointer: string): string {
  let found = "";
  let current = value;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) break;
    current = (current as Record<string, unknown>)[key];
    found += `/${part}`;
  }
  return found;
}

function write(
  value: unknown,
  pointer: string,
  indent: string,
  before: string,
  marked: Set<string>,
  lines: Line[],
): void {
  const isMarked = marked.has(pointer);
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    lines.push({ text: `${indent}${before}${JSON.stringify(value)}`, isMarked });
    return;
  }
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  lines.push({ text: `${indent}${before}${open}`, isMarked });
  const entries = Object.entries(value);
  for (const [index, [key, child]] of entries.entries()) {
    const part = key.replaceAll("~", "~0").replaceAll("/", "~1");
    const name = Array.isArray(value) ? "" : `${JSON.stringify(key)}: `;
    write(child, `${pointer}/${part}`, `${indent}  `, name, marked, lines);
    const last = lines.at(-1);
    if (last !== undefined && index < entries.length - 1) last.text += ",";
  }
  lines.push({ text: `${indent}${close}`, isMarked: false });
}
