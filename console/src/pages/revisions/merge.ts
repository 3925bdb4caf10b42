/** Two people's changes of one draft put together, by the keys at its root. */

import type { DataMap } from "@/pages/revisions/data_map";
import { sameJson } from "@/text/json";

export interface Merged {
  dataMaps: DataMap[];
  /** Keys that both changed, differently: mine was taken. */
  contested: string[];
  /** Keys that only the other changed, added or removed. */
  theirs: string[];
}

/** Put `mine` and `theirs` together, both made from `base`; in my order, with what they added at the end. */
export function merge(base: readonly DataMap[], mine: readonly DataMap[], theirs: readonly DataMap[]): Merged {
  const [was, they] = [byKey(base), byKey(theirs)];
  const contested: string[] = [];
  const taken: string[] = [];
  const dataMaps: DataMap[] = [];
  const own = byKey(mine);
  for (const dataMap of mine) {
    const before = was.get(dataMap.key);
    const other = they.get(dataMap.key);
    if (same(before, other) || same(dataMap, other)) dataMaps.push(dataMap);
    else if (same(dataMap, before)) {
      taken.push(dataMap.key);
      if (other !== undefined) dataMaps.push(other);
    } else {
      contested.push(dataMap.key);
      dataMaps.push(dataMap);
    }
  }
  for (const dataMap of theirs) {
    if (own.has(dataMap.key)) continue;
    const before = was.get(dataMap.key);
    if (before === undefined) {
      taken.push(dataMap.key);
      dataMaps.push(dataMap);
    } else if (!same(before, dataMap)) contested.push(dataMap.key);
  }
  return { dataMaps, contested, theirs: taken };
}

function byKey(dataMaps: readonly DataMap[]): Map<string, DataMap> {
  return new Map(dataMaps.map((dataMap) => [dataMap.key, dataMap]));
}

function same(one: DataMap | undefined, other: DataMap | undefined): boolean {
  return sameJson(one, other);
}
