import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";
import type { MouseEvent } from "react";

const pine: MantineColorsTuple = [
  "#e8f7f4",
  "#d0ece6",
  "#a3d9ce",
  "#72c4b4",
  "#4bb19e",
  "#2f9f8b",
  "#1b8d79",
  "#0b6e5f",
  "#095b4f",
  "#05463c",
];

const dark: MantineColorsTuple = [
  "#d5dadf",
  "#b4bcc4",
  "#98a2ac",
  "#6b7681",
  "#465059",
  "#353d45",
  "#2a3138",
  "#20262c",
  "#191e23",
  "#13171b",
];

const DIALOG_TITLE = {
  fontSize: "var(--mantine-font-size-lg)",
  fontWeight: 600,
  lineHeight: 1.35,
  overflowWrap: "anywhere",
} as const;

/** What is typed into a list's search takes the place of the choice that stands there. */
function selectWhatIsThere({ currentTarget }: MouseEvent<HTMLElement>) {
  if (currentTarget instanceof HTMLInputElement && !currentTarget.readOnly) currentTarget.select();
}

/** One accent, small type, tight radii. */
export const theme = createTheme({
  primaryColor: "pine",
  respectReducedMotion: true,
  black: "#1a1f24",
  primaryShade: 7,
  colors: { pine, dark },
  fontFamily:
    '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.3" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.4" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  cursorType: "pointer",
  components: {
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200, events: { hover: true, focus: true, touch: true } } },
    Modal: {
      defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } },
      styles: { title: DIALOG_TITLE },
    },
    Select: { defaultProps: { onClick: selectWhatIsThere } },
    Drawer: {
      defaultProps: { position: "right", closeButtonProps: { "aria-label": "Close" } },
      styles: { title: DIALOG_TITLE },
    },
    // The placeholder for the first focus is no item of a menu, which readers of the screen would be told all the same.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    // A state is one word, and never cut: "Acti…" says nothing.
    Badge: {
      styles: {
        root: { textTransform: "none", fontWeight: 600, letterSpacing: 0, flex: "none", minWidth: "max-content" },
      },
    },
    Title: { styles: { root: { overflowWrap: "anywhere" } } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Paper: { defaultProps: { withBorder: true, radius: "md", p: "md" } },
  },
});

/** Mantine's own greys miss the contrast of 4.5 : 1 that small type needs. */
export const readableColours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#57606a",
    "--mantine-color-placeholder": "#6a737d",
    "--mantine-color-anchor": "#0b6e5f",
    "--mantine-color-error": "#c02a2a",
    "--mantine-color-body": "#ffffff",
    "--page-colour": "#f7f8f9",
    "--line-colour": "#e3e6e9",
    "--chart-requests": "#0b6e5f",
    "--chart-bytes": "#6a55c2",
    "--chart-quarantined": "#d08700",
    "--chart-rejected": "#d64545",
    "--chart-limited": "#7d8894",
    "--mantine-color-gray-light-color": "#3d464f",
    "--mantine-color-gray-subtle-color": "#4a545e",
    "--mantine-color-pine-light-color": "#095b4f",
    "--mantine-color-red-light-color": "#a61e1e",
    "--mantine-color-red-filled": "#c02a2a",
    "--mantine-color-red-filled-hover": "#a61e1e",
    "--mantine-color-yellow-light-color": "#7a4a00",
    "--mantine-color-green-light-color": "#22602c",
    "--mantine-color-blue-light-color": "#164e87",
  },
  dark: {
    "--mantine-color-dimmed": "#a2acb6",
    "--mantine-color-placeholder": "#8d98a3",
    "--mantine-color-anchor": "#72c4b4",
    "--mantine-color-error": "#ff9191",
    "--mantine-color-body": "#191e23",
    "--page-colour": "#13171b",
    "--line-colour": "#2f373f",
    "--chart-requests": "#4bb19e",
    "--chart-bytes": "#a898ee",
    "--chart-quarantined": "#e0a63a",
    "--chart-rejected": "#e87474",
    "--chart-limited": "#94a0ac",
    "--mantine-color-gray-light": "#333c45",
    "--mantine-color-gray-light-hover": "#3b454f",
    "--mantine-color-gray-light-color": "#d0d7de",
    "--mantine-color-gray-subtle-color": "#b4bcc4",
    "--mantine-color-pine-light": "#17423b",
    "--mantine-color-pine-light-hover": "#1c4d45",
    "--mantine-color-pine-light-color": "#a3e0d4",
    "--mantine-color-red-light-color": "#ffa3a3",
    "--mantine-color-red-filled": "#c92a2a",
    "--mantine-color-red-filled-hover": "#b02525",
    "--mantine-color-yellow-light": "#4a3a12",
    "--mantine-color-yellow-light-hover": "#554316",
    "--mantine-color-yellow-light-color": "#ffd98f",
    "--mantine-color-green-light-color": "#94dba1",
    "--mantine-color-blue-light-color": "#9fcbf7",
  },
});
