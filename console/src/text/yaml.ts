/** YAML as JSON has it: what is read and written is what JSON can hold, with every number as it was written. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from "yaml";

import { readJson, writeJson, Written } from "@/text/json";
import { stepOf } from "@/text/json_lines";

/** A text that is no YAML, or holds what JSON does not. */
export class NotYaml extends Error {
  constructor(
    message: string,
    /** Counted from 1. */
    readonly line: number,
  ) {
    super(message);
  }
}

export interface ReadYaml {
  value: unknown;
  /** The line, counted from 1, of what is at a JSON Pointer, or of the nearest thing above it. */
  lineOf: (pointer: string) => number;
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * Read a YAML text as JSON is read. Numbers are those of JSON: anything else that is not quoted is a text, `true`,
 * `false` or null.
 *
 * @throws NotYaml
 */
export function readYaml(text: string): ReadYaml {
  try {
    return readDocument(text);
  } catch (error) {
    // The parser goes as deep as the text does.
    if (error instanceof RangeError) throw new NotYaml("It is nested too deep", 1);
    throw error;
  }
}

function readDocument(text: string): ReadYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, schema: "core", stringKeys: true });
  const lineAt = (offset: number) => Math.max(1, counter.linePos(offset).line);
  const error = document.errors[0];
  if (error !== undefined) throw new NotYaml(error.message, lineAt(error.pos[0]));
  const lines = new Map<string, number>();
  const valueOf = (node: YamlNode | null, pointer: string, above: number): unknown => {
    const offset = node?.range?.[0];
    const line = offset === undefined ? above : lineAt(offset);
    if (!lines.has(pointer)) lines.set(pointer, line);
    if (node === null) return null;
    if (isAlias(node)) throw new NotYaml("Aliases are not read: write the value out", line);
    if (isSeq(node)) return node.items.map((item, index) => valueOf(item as YamlNode, `${pointer}/${index}`, line));
    if (isMap(node)) {
      const found: Record<string, unknown> = {};
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? key : null;
        if (name === null) throw new NotYaml("A key is a text", line);
        const at = `${pointer}/${stepOf(String(name.value))}`;
        const keyLine = lineAt(name.range?.[0] ?? 0);
        lines.set(at, keyLine);
        // By assignment, `__proto__` would be no key.
        Object.defineProperty(found, String(name.value), {
          value: valueOf(value as YamlNode | null, at, keyLine),
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
      return found;
    }
    if (!isScalar(node)) throw new NotYaml("This is nothing that JSON holds", line);
    if (typeof node.value !== "number") return node.value;
    const source = node.source ?? "";
    if (!JSON_NUMBER.test(source)) throw new NotYaml("Write the number as JSON does, or quote the text", line);
    return readJson(source);
  };
  const value = valueOf(document.contents, "", 1);
  return {
    value,
    lineOf: (pointer) => {
      for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
        const line = lines.get(at);
        if (line !== undefined) return line;
      }
      return lines.get("") ?? 1;
    },
  };
}

/** Texts that every reader of YAML, of any of its editions, takes for texts. */
const PLAIN = /^[A-Za-z_/$][A-Za-z0-9_/.$-]*( [A-Za-z0-9_/.$()-]+)*$/;
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** Write a value as YAML; what is `Written` as it was. */
export function writeYaml(value: unknown): string {
  return `${blockOf(value, "").join("\n")}\n`;
}

function blockOf(value: unknown, indent: string): string[] {
  if (typeof value !== "object" || value === null || value instanceof Written || Object.keys(value).length === 0) {
    return [indent + scalarText(value)];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown) => {
      const [first, ...rest] = blockOf(item, `${indent}  `);
      return [`${indent}- ${(first ?? "").slice(indent.length + 2)}`, ...rest];
    });
  }
  return (Object.entries(value) as [string, unknown][])
    .filter(([, part]) => part !== undefined)
    .flatMap(([key, part]) => {
      const isBlock =
        typeof part === "object" && part !== null && !(part instanceof Written) && Object.keys(part).length > 0;
      const name = `${indent}${scalarText(key)}:`;
      return isBlock ? [name, ...blockOf(part, `${indent}  `)] : [`${name} ${scalarText(part)}`];
    });
}

function scalarText(value: unknown): string {
  if (typeof value === "string" && PLAIN.test(value) && !WORDS.test(value)) return value;
  return writeJson(value);
}
