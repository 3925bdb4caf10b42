/** What the designer's row of a field says beside its key and type. */

import {
  hasChildren,
  whenValues,
  type Condition,
  type Node,
  type RuleDraft,
  type RuleName,
} from "@/pages/revisions/field";
import { writeJson } from "@/text/json";
import { visible } from "@/text/laid_out";

const SAYS: Record<RuleName, (text: string) => string> = {
  regex: (text) => `matches ${text}`,
  format: (text) => `format ${text}`,
  min_length: (text) => `≥ ${text} characters`,
  max_length: (text) => `≤ ${text} characters`,
  max_bytes: (text) => `≤ ${text} bytes`,
  min_value: (text) => `≥ ${text}`,
  max_value: (text) => `≤ ${text}`,
  multiple_of: (text) => `multiple of ${text}`,
  one_of: (text) => `one of ${text.split("\n").join(", ")}`,
  kinds: (text) => text.split("\n").join(" or "),
  value_kinds: (text) => `values: ${text.split("\n").join(" or ")}`,
  element_kinds: (text) => `elements: ${text.split("\n").join(" or ")}`,
  min_properties: (text) => `≥ ${text} keys`,
  max_properties: (text) => `≤ ${text} keys`,
  min_items: (text) => `≥ ${text} elements`,
  max_items: (text) => `≤ ${text} elements`,
  unique_items: () => "no element twice",
};

/** `optional · ≥ 0 · In euros.` */
export function factsOf(node: Node): string {
  const facts = [presenceText(node)];
  if (node.format !== "") facts.push(node.format);
  if (node.protect !== "") facts.push(`protected: ${node.protect}`);
  facts.push(...node.rules.map(ruleText));
  if (node.description !== "") facts.push(node.description);
  return facts.join(" · ");
}

/** `/type is track; /event is Order Completed or Order Refunded`. */
export function whenText(when: readonly Condition[]): string {
  return when
    .map(({ pointer, text }) => {
      const values = whenValues(text).map((value) => (typeof value === "string" ? visible(value) : writeJson(value)));
      return `${pointer} is ${values.length === 0 ? "…" : values.join(" or ")}`;
    })
    .join("; ");
}

/** The same of conditions as the API has them. */
export function whenValuesText(when: Record<string, readonly unknown[]>): string {
  return whenText(
    Object.entries(when).map(([pointer, values]) => ({ pointer: visible(pointer), text: writeJson(values) })),
  );
}

function ruleText({ rule, text }: RuleDraft): string {
  return text.trim() === "" ? rule : SAYS[rule](text.trim());
}

function presenceText(node: Node): string {
  if (node.presence === "default") return hasChildren(node.type) ? "default" : `default ${node.default}`;
  return node.presence === "macro" ? `filled by ${node.macro}` : node.presence;
}
