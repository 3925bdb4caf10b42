import { Modal, Text, TextInput } from "@mantine/core";
import { IconBolt, IconFileText, IconRoute, IconServer2, IconVersions } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useId, useMemo, useState, type KeyboardEvent, type ReactNode } from "react";

import { lists } from "@/api/pages";
import {
  endpointsToRead,
  entriesOf,
  found,
  placesOfEvent,
  type Entry,
  type Kind,
  type Known,
} from "@/shell/search/entries";
import classes from "@/shell/search/Palette.module.css";
import { isEventId } from "@/text/event_ids";

/** Endpoints whose environments and revisions are read besides the open one: two requests each. */
const MOST_READ = 8;
const FRESH_MS = 60_000;

const ICONS: Record<Kind, ReactNode> = {
  Event: <IconBolt size={16} />,
  Endpoints: <IconRoute size={16} />,
  Environments: <IconServer2 size={16} />,
  Revisions: <IconVersions size={16} />,
  Pages: <IconFileText size={16} />,
};

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Finds endpoints, environments, revisions, events and pages by a few letters, and goes there. */
export default function Palette({ opened, onClose }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Search"
      size="lg"
      centered={false}
      yOffset="10dvh"
      classNames={{ header: classes.header, body: classes.body }}
    >
      <Finder onClose={onClose} />
    </Modal>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosenKey, setChosenKey] = useState<string | null>(null);
  const listId = useId();
  const params = useParams({ strict: false });
  const navigate = useNavigate();
  const { known, left, isLoading } = useKnown(text, params.endpointId);
  const entries = useMemo(() => {
    const wanted = text.trim();
    return isEventId(wanted) ? placesOfEvent(known, wanted, params.environmentId) : found(entriesOf(known), wanted);
  }, [known, text, params.environmentId]);
  const kinds = [...new Set(entries.map(({ kind }) => kind))];
  // In sight kind by kind, which is the order in which arrows choose; what is gone is chosen no longer.
  const inOrder = kinds.flatMap((kind) => entries.filter((entry) => entry.kind === kind));
  const chosen = inOrder.find(({ key }) => key === chosenKey) ?? inOrder[0];
  const optionId = ({ key }: Entry) => `${listId} ${key}`.replaceAll(/[^\w-]/g, "_");
  const chosenId = chosen && optionId(chosen);
  useEffect(() => {
    if (chosenId !== undefined) document.getElementById(chosenId)?.scrollIntoView({ block: "nearest" });
  }, [chosenId]);
  const open = (entry: Entry) => {
    onClose();
    void navigate(entry.place);
  };
  const step = (by: number) => {
    if (chosen === undefined) return;
    const next = inOrder[(inOrder.indexOf(chosen) + by + inOrder.length) % inOrder.length];
    setChosenKey(next?.key ?? null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && chosen !== undefined) open(chosen);
    else if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-label="Search for an endpoint, environment, revision or event"
        aria-expanded
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={chosenId}
        placeholder="Name or ID of an endpoint, environment, revision or event"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setChosenKey(null);
        }}
        onKeyDown={onKeyDown}
        spellCheck={false}
        autoComplete="off"
      />
      <div id={listId} role="listbox" aria-label="Found" className={classes.options}>
        {kinds.map((kind) => (
          <div key={kind} role="group" aria-label={kind}>
            <div className={classes.kind} aria-hidden>
              {kind}
            </div>
            {inOrder
              .filter((entry) => entry.kind === kind)
              .map((entry) => (
                <div
                  key={entry.key}
                  id={optionId(entry)}
                  role="option"
                  aria-selected={entry === chosen}
                  className={classes.option}
                  onMouseMove={() => setChosenKey(entry.key)}
                  onClick={() => open(entry)}
                >
                  {ICONS[kind]}
                  <span className="ellipsis" title={entry.label}>
                    {entry.label}
                  </span>
                  {entry.beside !== undefined && <span className={classes.beside}>{entry.beside}</span>}
                </div>
              ))}
          </div>
        ))}
      </div>
      <Text size="sm" c="dimmed" role="status" className={entries.length > 0 ? "said" : classes.none}>
        {entries.length > 0 ? `${entries.length} found` : isLoading ? "Looking …" : "Nothing found."}
      </Text>
      <Text size="xs" c="dimmed" className={classes.foot}>
        ↑ ↓ to choose, Enter to open.
        {left > 0 && " Begin with the name of the endpoint to find its environments and revisions."}
      </Text>
    </>
  );
}

/** The endpoints, and the environments and revisions of some of them. */
function useKnown(text: string, openId: string | undefined): { known: Known[]; left: number; isLoading: boolean } {
  const endpoints = useQuery({ ...lists.endpoints(), staleTime: FRESH_MS });
  const all = useMemo(() => endpoints.data ?? [], [endpoints.data]);
  const read = endpointsToRead(all, text, openId, MOST_READ);
  const environments = useQueries({
    queries: read.map(({ id }) => ({ ...lists.environments(id), staleTime: FRESH_MS })),
  });
  const revisions = useQueries({ queries: read.map(({ id }) => ({ ...lists.revisions(id), staleTime: FRESH_MS })) });
  const byId = new Map(
    read.map(({ id }, index) => [
      id,
      { environments: environments[index]?.data ?? [], revisions: revisions[index]?.data ?? [] },
    ]),
  );
  const known = all.map((endpoint) => ({ endpoint, environments: [], revisions: [], ...byId.get(endpoint.id) }));
  const isLoading = [endpoints, ...environments, ...revisions].some((query) => query.isLoading);
  return { known, left: all.length - read.length, isLoading };
}
