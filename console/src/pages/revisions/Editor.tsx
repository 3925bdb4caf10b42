import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Group,
  SegmentedControl,
  SimpleGrid,
  Skeleton,
  Text,
  Tooltip,
} from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconCopy,
  IconDeviceFloppy,
  IconFileExport,
  IconLock,
  IconPlayerPlay,
  IconPlus,
  IconRocket,
  IconTablePlus,
  IconTestPipe,
} from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

import type { Model } from "@/api/types";
import { useRefusal } from "@/auth/me";
import { ActionButton } from "@/components/ActionButton";
import { FormFailure } from "@/components/FormFailure";
import { Section } from "@/components/Page";
import { RelativeTime } from "@/components/RelativeTime";
import { UnsavedGuard } from "@/components/UnsavedGuard";
import { DeployElsewhere } from "@/pages/environments/deployments/DeployElsewhere";
import { AddEventType } from "@/pages/revisions/AddEventType";
import { CloneRevision } from "@/pages/revisions/CloneRevision";
import { Conflict } from "@/pages/revisions/Conflict";
import { EventName } from "@/pages/revisions/EventName";
import { EmptyTree } from "@/pages/revisions/EmptyTree";
import { FieldDrawer } from "@/pages/revisions/FieldDrawer";
import { Exports } from "@/pages/revisions/Exports";
import { FromTemplate } from "@/pages/revisions/FromTemplate";
import { Finalise } from "@/pages/revisions/Finalise";
import { Led } from "@/pages/revisions/Led";
import { JSON_NOTATION } from "@/pages/revisions/fields_json";
import { TextView } from "@/pages/revisions/TextView";
import { TreeRows } from "@/pages/revisions/TreeRows";
import { TryIt } from "@/pages/revisions/TryIt";
import { Trials } from "@/pages/revisions/trials/Trials";
import { UnknownFields } from "@/pages/revisions/UnknownFields";
import { useAdding } from "@/pages/revisions/use_adding";
import { useOpening } from "@/pages/revisions/use_opening";
import { useDraft } from "@/pages/revisions/use_draft";
import { counted } from "@/text/units";

// YAML takes a library to read: only where it is asked for.
const YamlView = lazy(async () => ({ default: (await import("@/pages/revisions/YamlView")).YamlView }));

type Opened = "clone" | "finalise" | "exports" | "try" | "trials" | null;

/** The tree of one revision with everything that can be done with it. */
export function Editor({ revision }: { revision: Model<"RevisionWithFields"> }) {
  const navigate = useNavigate({ from: "/endpoints/$endpointId/revisions/$revisionId" });
  const refusedToEdit = useRefusal("editor");
  const isDraft = revision.state === "draft";
  const mayChange = isDraft && refusedToEdit === false;
  const draft = useDraft(revision, mayChange);
  useAdding(draft, mayChange);
  useOpening(draft);
  const [opened, setOpened] = useState<Opened>(null);
  const [deployed, setDeployed] = useState<Model<"Revision"> | null>(null);
  const {
    view = "tree",
    template,
    event_type: addsEventType,
    led,
  } = useSearch({ from: "/app/endpoints/$endpointId/revisions/$revisionId" });
  const mayAddEventType = mayChange && revision.event_name.length > 0;
  const addEventType = (adds: boolean) =>
    void navigate({
      search: (old) => ({ ...old, event_type: adds || undefined }),
      replace: true,
      ignoreBlocker: true,
      resetScroll: false,
    });
  const [typed, setTyped] = useState<string | null>(null);
  const isTyped = typed !== null;
  const blocked = isTyped
    ? "Apply or discard what you typed first."
    : draft.isUnsaved
      ? "Save first."
      : draft.count === 0
        ? "There is nothing in it yet."
        : refusedToEdit;
  useHotkeys(
    mayChange
      ? [
          ["mod+Z", () => draft.step({ kind: "undo" })],
          ["mod+shift+Z", () => draft.step({ kind: "redo" })],
          ["mod+S", () => !isTyped && draft.save()],
        ]
      : [],
    ["INPUT", "TEXTAREA", "SELECT"],
  );
  return (
    <Section
      title={revision.name}
      lead={
        <Group gap="xs" mt={4}>
          <Badge variant="light" color={isDraft ? "yellow" : "pine"}>
            {isDraft ? "Draft" : "Finalised"}
          </Badge>
          <span>{counted(draft.count, "field")}</span>
          {revision.finalised_at !== null && (
            <span>
              finalised <RelativeTime at={revision.finalised_at} />
            </span>
          )}
          {draft.isUnsaved && (
            <Text component="span" size="sm" role="status">
              unsaved changes
            </Text>
          )}
        </Group>
      }
      actions={
        <>
          {mayChange && (
            <>
              <Step
                label="Undo"
                icon={<IconArrowBackUp size={18} />}
                able={draft.canUndo}
                onClick={() => draft.step({ kind: "undo" })}
              />
              <Step
                label="Redo"
                icon={<IconArrowForwardUp size={18} />}
                able={draft.canRedo}
                onClick={() => draft.step({ kind: "redo" })}
              />
            </>
          )}
          <Button variant="default" leftSection={<IconFileExport size={16} />} onClick={() => setOpened("exports")}>
            Export
          </Button>
          <Button variant="default" leftSection={<IconPlayerPlay size={16} />} onClick={() => setOpened("try")}>
            Try it
          </Button>
          <ActionButton
            variant="default"
            leftSection={<IconTestPipe size={16} />}
            refused={isDraft && blocked !== refusedToEdit && blocked}
            onClick={() => setOpened("trials")}
          >
            Try on traffic
          </ActionButton>
          {isDraft ? (
            <>
              <Tooltip label={blocked} disabled={blocked === false}>
                <Button
                  variant="default"
                  leftSection={<IconLock size={16} />}
                  data-disabled={blocked !== false || undefined}
                  aria-disabled={blocked !== false || undefined}
                  onClick={() => {
                    if (blocked === false) setOpened("finalise");
                  }}
                >
                  Finalise
                </Button>
              </Tooltip>
              <Button
                leftSection={<IconDeviceFloppy size={16} />}
                loading={draft.isSaving}
                disabled={!mayChange || !draft.isUnsaved || isTyped}
                onClick={() => draft.save()}
              >
                Save
              </Button>
            </>
          ) : (
            <>
              <Button variant="default" leftSection={<IconCopy size={16} />} onClick={() => setOpened("clone")}>
                Clone to change it
              </Button>
              <ActionButton
                leftSection={<IconRocket size={16} />}
                refused={refusedToEdit}
                onClick={() => setDeployed(revision)}
              >
                Deploy…
              </ActionButton>
            </>
          )}
        </>
      }
    >
      {led === true && <Led revision={revision} blocked={draft.isUnsaved || isTyped} />}
      {template !== undefined && <FromTemplate name={template} />}
      {draft.restored && (
        <Alert color="blue" title="Your unsaved changes are back">
          <Group justify="space-between" gap="sm">
            <Text size="sm">They were kept in this browser tab when the page was left.</Text>
            <Button size="xs" variant="default" onClick={draft.discard}>
              Discard them
            </Button>
          </Group>
        </Alert>
      )}
      {!isDraft && (draft.isUnsaved || isTyped) && (
        <Alert color="yellow" role="alert" title="This revision was finalised meanwhile">
          Your changes are not in it and can’t be saved here. Copy them from the JSON into a clone.
        </Alert>
      )}
      <FormFailure failure={draft.failure} />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
        <UnknownFields revision={revision} refused={!mayChange} draft={draft} />
        <EventName revision={revision} refused={!mayChange} draft={draft} />
      </SimpleGrid>
      <Group gap="sm">
        <SegmentedControl
          aria-label="View"
          data={[
            { value: "tree", label: "Tree", disabled: isTyped },
            { value: "json", label: "JSON", disabled: isTyped && view !== "json" },
            { value: "yaml", label: "YAML", disabled: isTyped && view !== "yaml" },
          ]}
          value={view}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...old, view: next === "tree" ? undefined : next }),
            })
          }
        />
        {isTyped && (
          <Text size="sm" c="dimmed" role="status">
            Not applied yet
          </Text>
        )}
      </Group>
      {view === "json" ? (
        <TextView
          notation={JSON_NOTATION}
          revision={revision}
          draft={draft}
          mayChange={mayChange}
          typed={typed}
          onType={setTyped}
        />
      ) : view === "yaml" ? (
        <Suspense fallback={<Skeleton height={320} />}>
          <YamlView revision={revision} draft={draft} mayChange={mayChange} typed={typed} onType={setTyped} />
        </Suspense>
      ) : draft.rows.length === 0 ? (
        <EmptyTree revision={revision} draft={draft} mayChange={mayChange} />
      ) : (
        <>
          <TreeRows draft={draft} mayChange={mayChange} />
          {mayChange && (
            <Group>
              <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => draft.add(null)}>
                Add a field
              </Button>
              {mayAddEventType && (
                <Button variant="default" leftSection={<IconTablePlus size={16} />} onClick={() => addEventType(true)}>
                  Add an event type
                </Button>
              )}
              {draft.faultCount > 0 && (
                <Text size="sm" c="var(--mantine-color-error)" role="status">
                  {counted(draft.faultCount, "fault")} to fix before you can finalise it
                </Text>
              )}
            </Group>
          )}
        </>
      )}
      <UnsavedGuard unsaved={draft.isUnsaved || isTyped} />
      <FieldDrawer draft={draft} mayChange={mayChange} />
      {isDraft && <Conflict draft={draft} />}
      <AddEventType
        opened={addsEventType === true && mayAddEventType}
        onClose={() => addEventType(false)}
        revision={revision}
        draft={draft}
      />
      <TryIt opened={opened === "try"} onClose={() => setOpened(null)} draft={draft} />
      <Trials opened={opened === "trials"} onClose={() => setOpened(null)} revision={revision} />
      <Exports opened={opened === "exports"} onClose={() => setOpened(null)} revision={revision} />
      <Finalise
        revision={opened === "finalise" ? revision : null}
        onClose={() => setOpened(null)}
        onDeploy={setDeployed}
      />
      <DeployElsewhere revision={deployed} onClose={() => setDeployed(null)} />
      <CloneRevision
        revision={opened === "clone" ? revision : null}
        onClose={() => setOpened(null)}
        onCloned={(clone) =>
          void navigate({
            to: "/endpoints/$endpointId/revisions/$revisionId",
            params: { endpointId: clone.endpoint_id, revisionId: clone.id },
          })
        }
      />
    </Section>
  );
}

interface StepProps {
  label: string;
  icon: React.ReactNode;
  able: boolean;
  onClick: () => void;
}

function Step({ label, icon, able, onClick }: StepProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} size="lg" disabled={!able} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
