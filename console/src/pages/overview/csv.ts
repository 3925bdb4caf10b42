import type { Model } from "@/api/types";
import { csvText } from "@/text/csv";

const METRICS = ["requests", "bytes", "accepted", "rejected", "quarantined", "limited", "delivered"] as const;

/** The series as a table, one slice a line. */
export function csvFrom(usage: Model<"Usage">): string {
  const rows = usage.series.map((row) => [row.at, ...METRICS.map((metric) => String(row[metric] ?? 0))]);
  return csvText([["at", ...METRICS], ...rows]);
}

/** Have the browser save a text as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
