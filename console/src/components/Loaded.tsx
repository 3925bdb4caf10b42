import { Alert, Skeleton, Stack } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { failureFrom } from "@/api/problem";
import { Failed } from "@/components/Failed";

interface Props<Data, Err> {
  query: UseQueryResult<Data, Err>;
  /** What is shown until there is something; shaped like what comes. */
  skeleton?: ReactNode;
  failed?: string;
  /** What is shown where the API has no such thing. What was on the page before it was deleted stays. */
  missing?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** What a query has found: a skeleton before, and what went wrong with a retry in its place. */
export function Loaded<Data, Err>({ query, skeleton, failed, missing, children }: Props<Data, Err>) {
  const isGone = missing !== undefined && query.isError && failureFrom(query.error).status === 404;
  if (query.data !== undefined) {
    return (
      <>
        {isGone && <Gone />}
        {children(query.data)}
      </>
    );
  }
  if (isGone) return missing;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} title={failed} />;
  return (
    <div aria-busy="true">
      <span className="said" role="status">
        Loading
      </span>
      {skeleton ?? <LinesSkeleton />}
    </div>
  );
}

/** Stands above what the page still shows, which may hold work that you want to copy. */
function Gone() {
  return (
    <Alert color="yellow" role="alert" title="This was deleted meanwhile" mb="md">
      Nothing can be saved here any more. What you typed stays until you leave the page.
    </Alert>
  );
}

export function LinesSkeleton({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap="sm" aria-hidden>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={18} width={`${90 - ((line * 17) % 40)}%`} />
      ))}
    </Stack>
  );
}
