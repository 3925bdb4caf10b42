import type { Model } from "@/api/types";
import { counted } from "@/text/units";

/** What the field of a planned event does not have of its JSON Schema or samples: `2 keys, 1 sample`, or `nothing`. */
export function notTaken({ import: imported, inference }: Model<"PlannedEvent">): string {
  const counts: [number, string][] = [
    [imported?.unmapped_count ?? 0, "part"],
    [inference?.left_out_count ?? 0, "key"],
    [inference?.refused_count ?? 0, "sample"],
  ];
  const said = counts.filter(([count]) => count > 0).map(([count, thing]) => counted(count, thing));
  return said.length === 0 ? "nothing" : said.join(", ");
}
