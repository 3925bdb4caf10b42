import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { lists } from "@/api/pages";
import type { Model } from "@/api/types";
import { AddAsField } from "@/pages/environments/quarantine/AddAsField";
import { CloneRevision } from "@/pages/revisions/CloneRevision";
import { canBeField } from "@/pages/revisions/unknown_field";
import { keysOf } from "@/text/pointers";

type Key = Pick<Model<"UnknownKey">, "pointer" | "kinds">;

interface Adding {
  /** The revision that the environment runs, once it is known. */
  running: Model<"Revision"> | undefined;
  /** The button of a key; a word on what to do with one that no field of the top level can read. */
  buttonFor: (key: Key) => ReactNode;
  /** Has to stand once beside the buttons. */
  dialog: ReactNode;
}

/** Adds keys that arrive in an environment as fields to a draft, which opens with the field. */
export function useAddAsField({ endpoint_id: endpointId, revision_id }: Model<"Environment">): Adding {
  const query = useQuery(lists.revisions(endpointId));
  const revisions = query.data ?? [];
  const running = revisions.find(({ id }) => id === revision_id);
  const navigate = useNavigate();
  const [cloned, setCloned] = useState<Key | null>(null);
  const open = (revisionId: string, { pointer, kinds }: Key) =>
    void navigate({
      to: "/endpoints/$endpointId/revisions/$revisionId",
      params: { endpointId, revisionId },
      search: { add: pointer, kinds },
    });
  const buttonFor = (key: Key) => {
    if (running === undefined) return query.isPending && <Skeleton height={26} width={130} ms="auto" />;
    if (!canBeField(key.pointer)) {
      return (
        <Text span size="xs" c="dimmed" style={{ whiteSpace: "normal" }}>
          {keysOf(key.pointer).includes("*") ? "Below an asterisk: add it by hand" : "Too deep for a field"}
        </Text>
      );
    }
    return (
      <AddAsField
        pointer={key.pointer}
        running={running}
        revisions={revisions}
        onDraft={(id) => open(id, key)}
        onClone={() => setCloned(key)}
      />
    );
  };
  return {
    running,
    buttonFor,
    dialog: (
      <CloneRevision
        revision={cloned === null ? null : (running ?? null)}
        onClose={() => setCloned(null)}
        onCloned={({ id }) => {
          if (cloned !== null) open(id, cloned);
        }}
      />
    ),
  };
}
