import type { Source } from "@/pages/start/make_draft";

/** What both ways to begin take: from a sample, or from a template. */
export interface SourceProps {
  name: string;
  onName: (name: string) => void;
  busy: boolean;
  error: unknown;
  onSource: (source: Source, text?: string) => void;
}
