import { Box } from "@mantine/core";

import type { Line } from "@/text/laid_out";

interface Props {
  lines: readonly Line[];
  /** What it is: `Event evt_1`. */
  label: string;
  /** Of the marks. */
  color?: "red" | "green";
}

const EDGE = { red: "var(--mantine-color-error)", green: "var(--mantine-color-green-filled)" };

/** A text in lines, some of which are marked. */
export function MarkedLines({ lines, label, color = "red" }: Props) {
  return (
    <Box
      component="pre"
      m={0}
      p="sm"
      mah={320}
      className="mono"
      tabIndex={0}
      role="region"
      aria-label={label}
      bg="var(--page-colour)"
      // A mark is as wide as the longest line, however far that is scrolled.
      style={{
        display: "grid",
        gridTemplateColumns: "minmax(max-content, 1fr)",
        overflow: "auto",
        borderRadius: 6,
        fontSize: "0.8125rem",
      }}
    >
      {lines.map((line, index) =>
        line.isMarked ? (
          <mark
            key={index}
            style={{
              display: "block",
              color: "inherit",
              background: `color-mix(in srgb, ${EDGE[color]} 16%, transparent)`,
              boxShadow: `inset 3px 0 0 ${EDGE[color]}`,
              paddingInlineStart: 6,
            }}
          >
            {line.text}
          </mark>
        ) : (
          <span key={index} style={{ display: "block", paddingInlineStart: 6 }}>
            {line.text}
          </span>
        ),
      )}
    </Box>
  );
}
