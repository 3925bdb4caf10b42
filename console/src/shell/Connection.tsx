import { Alert } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { client } from "@/api/client";
import { connection } from "@/api/connection";
import { useStored } from "@/state/store";

const RETRY_MS = 2_000;

/** Says that the API is gone, asks for it until it is back, and then has everything read again. */
export function Connection() {
  const isFound = useStored(connection.store);
  const queries = useQueryClient();
  const wasLost = useRef(false);
  useEffect(() => {
    if (isFound) {
      if (wasLost.current) void queries.invalidateQueries();
      wasLost.current = false;
      return;
    }
    wasLost.current = true;
    const timer = setInterval(() => void client.GET("/v1/me").catch(() => undefined), RETRY_MS);
    return () => clearInterval(timer);
  }, [isFound, queries]);
  if (isFound) return null;
  return (
    <Alert
      role="status"
      color="yellow"
      icon={<IconPlugConnectedX size={18} />}
      title="The API can’t be reached"
      mb="md"
    >
      Trying again every few seconds. What you have typed stays; this page goes on when the API is back.
    </Alert>
  );
}
