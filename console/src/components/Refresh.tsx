import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";

/** Reads what a page shows once more. */
export function Refresh({ busy, onClick }: { busy: boolean; onClick: () => void }) {
  return (
    <Button variant="default" leftSection={<IconRefresh size={16} />} loading={busy} onClick={onClick}>
      Refresh
    </Button>
  );
}
