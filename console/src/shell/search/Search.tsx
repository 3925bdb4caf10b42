import { Button, Kbd, UnstyledButton } from "@mantine/core";
import { useHotkeys, useOs } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";

import classes from "@/shell/Layout.module.css";

const Palette = lazy(() => import("@/shell/search/Palette"));

/** The button and the keys that open the search of the whole console. */
export function Search() {
  const [isOpen, setOpen] = useState(false);
  // Loaded with the first opening, and kept so that it closes as it opened.
  const [isLoaded, setLoaded] = useState(false);
  const isApple = ["macos", "ios"].includes(useOs());
  const open = () => {
    // Not over another dialog, whose work would be left by what is found.
    if (document.querySelector("[role=dialog]") !== null) return;
    setLoaded(true);
    setOpen(true);
  };
  useHotkeys([["mod+K", open]], []);
  useHotkeys([["/", open]]);
  const keys = isApple ? "⌘ K" : "Ctrl K";
  return (
    <>
      <Button
        className={classes.search}
        variant="default"
        size="xs"
        fw={400}
        leftSection={<IconSearch size={14} />}
        rightSection={<Kbd size="xs">{keys}</Kbd>}
        visibleFrom="sm"
        aria-keyshortcuts="Control+K Meta+K /"
        onClick={open}
      >
        Search
      </Button>
      <UnstyledButton hiddenFrom="sm" className={classes.link} aria-label="Search" onClick={open}>
        <IconSearch size={20} style={{ display: "block" }} />
      </UnstyledButton>
      {isLoaded && (
        <Suspense fallback={null}>
          <Palette opened={isOpen} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
