import { isJson } from "@/text/json";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Lay out a JSON text in lines. Its values stay as they are written, long numbers, too; what is no JSON stays whole. */
export function indented(text: string): string {
  if (!isJson(text)) return text;
  let depth = 0;
  let laidOut = "";
  let before = "";
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of text.matchAll(TOKEN)) {
    const opened = before === "{" || before === "[";
    if (token === "}" || token === "]") {
      depth -= 1;
      laidOut += opened ? token : line() + token;
    } else {
      const breaks = opened || before === ",";
      laidOut += (breaks ? line() : before === ":" ? " " : "") + token;
      if (token === "{" || token === "[") depth += 1;
    }
    before = token;
  }
  return laidOut;
}
