import { Button, Center, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";

import { setAsideObjects } from "@/api/set_aside";
import type { Model } from "@/api/types";
import { TableSkeleton } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Failed } from "@/components/Failed";
import { Section } from "@/components/Page";
import { Refresh } from "@/components/Refresh";
import { Redrive } from "@/pages/operations/Redrive";
import { SetAsideGroups } from "@/pages/operations/SetAsideGroups";
import { SetAsideObject } from "@/pages/operations/SetAsideObject";
import { SetAsideObjects } from "@/pages/operations/SetAsideObjects";
import type { SetAsideSearch } from "@/pages/operations/search";
import { newerForAll, withReason } from "@/pages/operations/set_aside_groups";
import { useTyped } from "@/state/typed";
import { counted } from "@/text/units";

const ID = /^[a-z0-9_]{1,64}$/;
const FILTER_WIDTH = { base: "100%", xs: 300 };

/** Events that destinations refused, of all environments or one: why, in which objects, and a way to send them again. */
export function SetAside() {
  const search = useSearch({ from: "/app/operations/set-aside" });
  const navigate = useNavigate({ from: "/operations/set-aside" });
  const { environment, reason } = search;
  const isId = environment === undefined || ID.test(environment);
  const query = useInfiniteQuery({ ...setAsideObjects(environment), enabled: isId });
  const set = (part: SetAsideSearch) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...part }), replace: true });
  const all = query.data?.pages.flatMap(({ items }) => items);
  return (
    <Section
      tab
      title="Set-aside events"
      lead="What a destination refused for good is kept with the reason, until you send it again."
      actions={<Refresh busy={query.isFetching} onClick={() => void query.refetch()} />}
    >
      <Stack gap="lg">
        <Group align="flex-end" gap="sm">
          <TextInput
            label="Environment"
            placeholder="env_…"
            error={isId ? undefined : "That is no id of an environment."}
            {...useTyped(environment ?? "", (typed) => set({ environment: typed || undefined, reason: undefined }))}
            w={FILTER_WIDTH}
            spellCheck={false}
          />
          {(environment ?? reason) !== undefined && (
            <Button variant="subtle" onClick={() => set({ environment: undefined, reason: undefined })}>
              Show everything
            </Button>
          )}
        </Group>
        {query.isError && (
          <Failed
            error={query.error}
            title="The set-aside events could not be loaded"
            onRetry={() => void (query.isFetchNextPageError ? query.fetchNextPage() : query.refetch())}
          />
        )}
        {all === undefined && isId && !query.isError && <Loading />}
        {all !== undefined && (
          <Found
            all={all}
            search={search}
            set={set}
            more={
              query.hasNextPage && (
                <Center>
                  <Button
                    variant="default"
                    loading={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Show more
                  </Button>
                </Center>
              )
            }
          />
        )}
      </Stack>
      <SetAsideObject
        id={search.object}
        object={all?.find(({ id }) => id === search.object)}
        onClose={() => set({ object: undefined, page: search.page })}
      />
    </Section>
  );
}

interface FoundProps {
  all: Model<"SetAsideObject">[];
  search: SetAsideSearch;
  set: (part: SetAsideSearch) => void;
  /** A way to read on, where there is more than was read. */
  more: React.ReactNode;
}

function Found({ all, search, set, more }: FoundProps) {
  const { environment, reason } = search;
  const objects = withReason(all, reason);
  const events = objects.reduce((sum, object) => sum + object.events, 0);
  return (
    <>
      {objects.length > 0 && (
        <Text>
          {counted(events, "event")} in {counted(objects.length, "object")}
          {more === false ? "." : ", and there are more: counts are of what was read so far."}
        </Text>
      )}
      {all.length === 0 && (
        <EmptyState icon={<IconShieldCheck size={40} />} title="Nothing is set aside">
          {environment === undefined
            ? "Destinations took every event, or what they refused was sent again since."
            : "Nothing that was sent to this environment, or what was refused there was sent again since."}
        </EmptyState>
      )}
      {all.length > 0 && objects.length === 0 && (
        <EmptyState
          title="No object with this reason"
          action={
            <Button variant="default" onClick={() => set({ reason: undefined })}>
              Every reason
            </Button>
          }
        >
          What was refused for it may have been sent again.
        </EmptyState>
      )}
      {objects.length > 0 && (
        <>
          <SetAsideGroups
            objects={objects}
            reason={reason}
            onChoose={(group) => set({ environment: group.environment_id, reason: group.reason })}
          />
          <SetAsideObjects
            objects={objects}
            page={search.page ?? 1}
            onPage={(page) => set({ page: page === 1 ? undefined : page })}
            onOpen={(id) => set({ object: id, page: search.page })}
          />
        </>
      )}
      {more}
      <Redrive
        wanted={{
          ...(environment === undefined ? {} : { environment_id: environment }),
          ...(reason === undefined ? {} : { reason }),
        }}
        newerTables={environment === undefined ? [] : newerForAll(objects)}
        isNothing={objects.length === 0}
      />
    </>
  );
}

function Loading() {
  return (
    <div aria-busy="true">
      <span className="said" role="status">
        Loading
      </span>
      <TableSkeleton />
    </div>
  );
}
