/** What the designer's row of a field says beside its key and type. */

import { hasChildren, type Node, type RuleDraft, type RuleName } from "@/pages/revisions/field";

const SAYS: Record<RuleName, (text: string) => string> = {
  regex: (text) => `matches ${text}`,
  min_length: (text) => `≥ ${text} characters`,
  max_length: (text) => `≤ ${text} characters`,
  min_value: (text) => `≥ ${text}`,
  max_value: (text) => `≤ ${text}`,
  one_of: (text) => `one of ${text.split("\n").join(", ")}`,
  min_items: (text) => `≥ ${text} elements`,
  max_items: (text) => `≤ ${text} elements`,
};

/** `optional · ≥ 0 · In euros.` */
export function factsOf(node: Node): string {
  const facts = [presenceText(node), ...node.rules.map(ruleText)];
  if (node.description !== "") facts.push(node.description);
  return facts.join(" · ");
}

function ruleText({ rule, text }: RuleDraft): string {
  return text.trim() === "" ? rule : SAYS[rule](text.trim());
}

function presenceText(node: Node): string {
  if (node.presence === "default") return hasChildren(node.type) ? "default" : `default ${node.default}`;
  return node.presence === "macro" ? `filled by ${node.macro}` : node.presence;
}
