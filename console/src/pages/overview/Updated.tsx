import { Text } from "@mantine/core";
import { useEffect, useState } from "react";

/** How old what is shown is, by the second. */
export function Updated({ at, isFetching }: { at: number; isFetching: boolean }) {
  const [now, setNow] = useState(at);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  return (
    <Text span size="sm" className="figures">
      The last 30 minutes, UTC. {at === 0 || (isFetching && seconds > 10) ? "Updating …" : `Updated ${seconds} s ago.`}{" "}
      Counts are written down every ten seconds.
    </Text>
  );
}
