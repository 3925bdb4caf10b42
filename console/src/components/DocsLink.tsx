import { Anchor } from "@mantine/core";
import type { ReactNode } from "react";

import { docsAddress, docsPageAddress, isDocsWord } from "@/text/docs_pages";

/** Leads to where the docs explain a word, in a tab of its own: what is half done stays. Nothing where they don't. */
export function DocsLink({ word }: { word: string }) {
  if (!isDocsWord(word)) return null;
  return (
    <Anchor
      href={docsAddress(word)}
      target="_blank"
      rel="noopener"
      size="sm"
      underline="always"
      title={`${word} in the docs`}
      style={{ whiteSpace: "nowrap" }}
    >
      Read the docs
    </Anchor>
  );
}

/** Leads to a page of the docs by its file below `docs`, in a tab of its own. */
export function DocsPageLink({ file, children }: { file: string; children: ReactNode }) {
  return (
    <Anchor href={docsPageAddress(file)} target="_blank" rel="noopener" size="sm" underline="always">
      {children}
    </Anchor>
  );
}
