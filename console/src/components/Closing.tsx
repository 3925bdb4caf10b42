import { Button, Group, Modal, Text } from "@mantine/core";
import { createContext } from "react";

import type { Store } from "@/state/store";

/** What is asked before something is left that can't be had again. */
export interface Leaving {
  title: string;
  text: string;
  leave: string;
}

export const UNSAVED: Leaving = {
  title: "Leave without saving?",
  text: "What you changed here has not been saved.",
  leave: "Leave without saving",
};

/** What a dialog knows of the form in it. */
export interface ClosingState {
  /** What closing it would lose; null: nothing. */
  unsaved: Leaving | null;
  /** A question about leaving the page lies over it. */
  isAsking: boolean;
}

export const NOTHING_UNSAVED: ClosingState = { unsaved: null, isAsking: false };

/** A form's way to tell the dialog that it is in; null outside of one. */
export const Closing = createContext<Store<ClosingState> | null>(null);

/** Whether the dialog that a form is in has been closed: while it fades out, there is nothing left to lose. */
export const IsClosed = createContext(false);

interface QuestionProps {
  /** What is asked; null: nothing. */
  asked: Leaving | null;
  onStay: () => void;
  onLeave: () => void;
}

/**
 * Change something once every dialog has heard of an Escape. They hear of it one after the other, and what the first
 * changed is drawn before the second hears of it: a question that opens would be closed by the key that opened it.
 */
export function afterEscape(change: () => void): void {
  setTimeout(change);
}

export function Question({ asked, onStay, onLeave }: QuestionProps) {
  return (
    <Modal opened={asked !== null} onClose={() => afterEscape(onStay)} title={asked?.title}>
      <Text>{asked?.text}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onStay} data-autofocus>
          Stay
        </Button>
        <Button color="red" onClick={onLeave}>
          {asked?.leave}
        </Button>
      </Group>
    </Modal>
  );
}
