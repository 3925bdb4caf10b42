import { Anchor } from "@mantine/core";

import { docsAddress, isDocsWord } from "@/text/docs_pages";

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
    >
      Read the docs
    </Anchor>
  );
}
