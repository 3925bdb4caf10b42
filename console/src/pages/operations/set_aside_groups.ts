import type { Model } from "@/api/types";

type SetAsideObject = Model<"SetAsideObject">;

/** Events of one environment that were refused for the same reason. */
export interface Group {
  environment_id: string;
  environment: SetAsideObject["environment"];
  reason: string;
  events: number;
  /** In how many objects they are. */
  objects: number;
  /** The first hour and the last that they came in. */
  first: string;
  last: string;
}

/** Count refused events by environment and reason, the most first. */
export function groupsOf(objects: readonly SetAsideObject[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { environment_id, environment, hour, reasons } of objects) {
    for (const { reason, events } of reasons) {
      const key = `${environment_id} ${reason}`;
      const group = groups.get(key);
      if (group === undefined) {
        groups.set(key, { environment_id, environment, reason, events, objects: 1, first: hour, last: hour });
      } else {
        group.events += events;
        group.objects += 1;
        if (hour < group.first) group.first = hour;
        if (hour > group.last) group.last = hour;
      }
    }
  }
  return [...groups.values()].toSorted((one, other) => other.events - one.events);
}

/** The objects that hold events that were refused for a reason; all without one. */
export function withReason(objects: readonly SetAsideObject[], reason: string | undefined): SetAsideObject[] {
  return objects.filter(({ reasons }) => reason === undefined || reasons.some((row) => row.reason === reason));
}

/** The tables that came later than those of all events of these objects, the newest last: of one environment. */
export function newerForAll(objects: readonly SetAsideObject[]): SetAsideObject["newer_tables"] {
  const fewest = objects.map(({ newer_tables }) => newer_tables).toSorted((one, other) => one.length - other.length);
  return fewest[0] ?? [];
}
