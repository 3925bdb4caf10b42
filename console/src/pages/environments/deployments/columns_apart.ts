/** Fields whose values go to a column of another name. */

import type { Model } from "@/api/types";

const SHOWN = 3;

/** `price goes to the column price__float.`, and of many the first few. */
export function columnsApartText(apart: Model<"ColumnApart">[]): string {
  const shown = apart.slice(0, SHOWN).map(({ field, column }) => `“${field}” goes to the column “${column}”`);
  const more = apart.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? `, and ${String(more)} more to others` : ""}.`;
}
