import { Drawer, Modal, type DrawerProps, type ModalProps } from "@mantine/core";
import { useState } from "react";

import {
  afterEscape,
  Closing,
  IsClosed,
  NOTHING_UNSAVED,
  Question,
  type ClosingState,
  type Leaving,
} from "@/components/Closing";
import { FirstFocus } from "@/components/FirstFocus";
import { Store } from "@/state/store";

/** A dialog with a form in it: a click beside it, Escape or the cross lose nothing that an `UnsavedGuard` watches. */
export function FormModal({ onClose, children, ...props }: ModalProps) {
  const { close, closing, question } = useClosing(onClose);
  return (
    <Modal onClose={close} closeOnClickOutside={false} {...props}>
      <FirstFocus />
      <IsClosed value={!props.opened}>
        <Closing value={closing}>{children}</Closing>
      </IsClosed>
      {question}
    </Modal>
  );
}

/** The same as a drawer. */
export function FormDrawer({ onClose, children, ...props }: DrawerProps) {
  const { close, closing, question } = useClosing(onClose);
  return (
    <Drawer onClose={close} closeOnClickOutside={false} size="lg" {...props}>
      <FirstFocus />
      <IsClosed value={!props.opened}>
        <Closing value={closing}>{children}</Closing>
      </IsClosed>
      {question}
    </Drawer>
  );
}

function useClosing(onClose: () => void) {
  const [closing] = useState(() => new Store<ClosingState>(NOTHING_UNSAVED));
  const [asked, setAsked] = useState<Leaving | null>(null);
  const stay = () => setAsked(null);
  const close = () => {
    const { unsaved, isAsking } = closing.get();
    if (asked !== null || isAsking) return; // an Escape that is meant for the question
    if (unsaved === null) onClose();
    else afterEscape(() => setAsked(unsaved));
  };
  const question = (
    <Question
      asked={asked}
      onStay={stay}
      onLeave={() => {
        stay();
        onClose();
      }}
    />
  );
  return { close, closing, question };
}
