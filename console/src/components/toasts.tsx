import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";

/** What was done, in one sentence in the past: `Endpoint “Shop” deleted.` */
export const toasts = {
  done(message: string): void {
    notifications.show({ message, color: "pine", icon: <IconCheck size={16} />, closeButtonProps: CLOSE });
  },

  failed(message: string): void {
    notifications.show({
      title: "That did not work",
      message,
      color: "red",
      icon: <IconAlertTriangle size={16} />,
      autoClose: 10_000,
      closeButtonProps: CLOSE,
    });
  },
};

const CLOSE = { "aria-label": "Dismiss" };
