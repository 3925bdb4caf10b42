/** Where a text stops being JSON. */
export class NotJson extends Error {
  constructor(
    readonly at: number,
    expected: string,
  ) {
    super(`expected ${expected} at character ${at + 1}`);
    this.name = "NotJson";
  }
}

export type Kind = "open" | "close" | "key" | "scalar" | "end";

/** What may come next. `first`: it may be the container's end in its place, since nothing stands in it yet. */
type State = "value" | "first value" | "key" | "first key" | "colon" | "comma" | "end";

const LITERALS = ["true", "false", "null"];
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;

/** Reads a JSON text (RFC 8259) token by token: no nesting is too deep for it, and it keeps nothing of the text. */
export class Tokens {
  /** Where the last token begins and ends in the text. */
  from = 0;
  to = 0;
  readonly #isObject: boolean[] = [];
  #state: State = "value";

  constructor(readonly text: string) {}

  /** How many containers are open after the last token. */
  get depth(): number {
    return this.#isObject.length;
  }

  get isInObject(): boolean {
    return this.#isObject.at(-1) === true;
  }

  /** @throws NotJson */
  next(): Kind {
    this.#skipSpace();
    if (this.#state === "colon") this.#skip(":", "a colon", "value");
    const end = this.isInObject ? "}" : "]";
    if (this.#state === "comma") {
      if (this.text[this.to] === end) return this.#close();
      this.#skip(",", `a comma or ${end}`, this.isInObject ? "key" : "value");
    }
    this.from = this.to;
    const character = this.text[this.to];
    switch (this.#state) {
      case "end":
        if (character !== undefined) throw new NotJson(this.to, "nothing more");
        return "end";
      case "first key":
      case "first value":
        if (character === end) return this.#close();
        break;
    }
    return this.#state.endsWith("key") ? this.#key(character) : this.#value(character);
  }

  #skip(character: string, expected: string, next: State): void {
    if (this.text[this.to] !== character) throw new NotJson(this.to, expected);
    this.to += 1;
    this.#state = next;
    this.#skipSpace();
  }

  #close(): Kind {
    this.from = this.to;
    this.to += 1;
    this.#isObject.pop();
    this.#afterValue();
    return "close";
  }

  #key(character: string | undefined): Kind {
    if (character !== '"') throw new NotJson(this.to, "a key in quotes");
    this.#string();
    this.#state = "colon";
    return "key";
  }

  #value(character: string | undefined): Kind {
    if (character === "{" || character === "[") {
      this.to += 1;
      this.#isObject.push(character === "{");
      this.#state = character === "{" ? "first key" : "first value";
      return "open";
    }
    if (character === '"') this.#string();
    else this.#scalar();
    this.#afterValue();
    return "scalar";
  }

  #afterValue(): void {
    this.#state = this.depth === 0 ? "end" : "comma";
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.to);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.to += 1;
    }
  }

  // Not by one pattern: a pattern's engine keeps a note of every character of a long string.
  #string(): void {
    for (let at = this.to + 1; ; at += 1) {
      const code = this.text.charCodeAt(at);
      if (code === 0x22) {
        this.to = at + 1;
        return;
      }
      if (code === 0x5c) {
        ESCAPE.lastIndex = at + 1;
        if (!ESCAPE.test(this.text)) throw new NotJson(at, "an escape that JSON has");
        at = ESCAPE.lastIndex - 1;
      } else if (Number.isNaN(code)) throw new NotJson(at, "the end of a string");
      else if (code < 0x20) throw new NotJson(at, "no control character in a string");
    }
  }

  #scalar(): void {
    const literal = LITERALS.find((word) => this.text.startsWith(word, this.to));
    NUMBER.lastIndex = this.to;
    if (literal !== undefined) this.to += literal.length;
    else if (NUMBER.test(this.text)) this.to = NUMBER.lastIndex;
    else throw new NotJson(this.to, "a value");
  }
}
