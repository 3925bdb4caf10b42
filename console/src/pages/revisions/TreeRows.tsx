import { ActionIcon, Badge, Group, Menu, Paper, Text, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowDown,
  IconArrowUp,
  IconChevronDown,
  IconChevronRight,
  IconCopyPlus,
  IconDots,
  IconLock,
  IconPlus,
  IconSearch,
  IconTrash,
} from "@tabler/icons-react";
import { shallowEqual, useMediaQuery } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties } from "react";

import { hasChildren, MAX_DEPTH } from "@/pages/revisions/field";
import { factsOf, whenText } from "@/pages/revisions/facts";
import { matching, type FieldRow, type GroupRow, type Row } from "@/pages/revisions/tree";
import classes from "@/pages/revisions/TreeRows.module.css";
import { PROTECTIONS } from "@/pages/revisions/types";
import type { Draft } from "@/pages/revisions/use_draft";
import { visible } from "@/text/laid_out";
import { counted } from "@/text/units";

/** A tree with more of them can be searched. */
const FEW_FIELDS = 20;
const ROW_PX = 45;
/** Of a row with its facts below its name. */
const NARROW_ROW_PX = 84;
const GROUP_ROW_PX = 45;

/** The tree as rows, of which only those in sight are in the page. */
export function TreeRows({ draft, mayChange }: { draft: Draft; mayChange: boolean }) {
  const [text, setText] = useState("");
  const openId = draft.selected?.node.id;
  const isSearched = text.trim() !== "";
  const shown = useMemo(
    () => (isSearched ? matching(draft.rows, text, openId) : draft.rows),
    [draft.rows, text, openId, isSearched],
  );
  const search = (typed: string) => {
    setText(typed);
    // What is closed would hide what is looked for.
    if (!isSearched) for (const id of draft.closed) draft.toggle(id);
  };
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const height = useMediaQuery("(max-width: 640px)", false, { getInitialValueInEffect: false })
    ? NARROW_ROW_PX
    : ROW_PX;
  const virtual = useWindowVirtualizer({
    count: shown.length,
    estimateSize: (index) => (shown[index]?.kind === "group" ? GROUP_ROW_PX : height),
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => keyOf(shown[index], index),
  });
  // The heads of groups have another height than fields, and move with what is opened and closed.
  useLayoutEffect(() => virtual.measure(), [virtual, height, shown]);
  const actions = useActions(draft);
  const selectedIndex = indexOf(shown, draft.selected?.node.id);
  useEffect(() => {
    if (selectedIndex >= 0) virtual.scrollToIndex(selectedIndex, { align: "auto" });
  }, [virtual, selectedIndex]);
  const { appended } = draft;
  const rows = useRef(shown);
  useEffect(() => {
    rows.current = shown;
  });
  useEffect(() => {
    const index = appended === null ? -1 : indexOf(rows.current, appended);
    if (index >= 0) virtual.scrollToIndex(index, { align: "center" });
  }, [virtual, appended]);
  return (
    <Paper p={0} className={classes.frame} data-fixed={!mayChange || undefined}>
      {draft.count > FEW_FIELDS && (
        <Group p="xs" gap="sm" wrap="nowrap" className={classes.search}>
          <TextInput
            size="xs"
            aria-label="Find a field"
            placeholder="Find a field"
            leftSection={<IconSearch size={14} />}
            w={240}
            spellCheck={false}
            autoComplete="off"
            value={text}
            onChange={(event) => search(event.currentTarget.value)}
          />
          <Text size="sm" c="dimmed" role="status">
            {shown.length === 0 && "No such field"}
          </Text>
        </Group>
      )}
      <div className={classes.heads} aria-hidden>
        <div className={classes.name}>Field</div>
        <div className={classes.type}>Type</div>
        <div className={classes.facts}>Presence, rules and description</div>
        <div className={classes.actions} />
      </div>
      <div
        ref={list}
        role="treegrid"
        aria-label="Fields"
        aria-rowcount={shown.length}
        style={{ position: "relative", height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const row = shown[index];
          if (row?.kind === "group") {
            return <GroupHead key={key} row={row} index={index} y={start - top} draft={draft} />;
          }
          return (
            row !== undefined && (
              <TreeRow
                key={key}
                row={row}
                index={index}
                y={start - top}
                height={height}
                isOpen={hasChildren(row.node.type) && !draft.closed.has(row.node.id)}
                isSelected={draft.selected?.node.id === row.node.id}
                fault={draft.faults(row.node.id)[0]?.message}
                actions={actions}
                mayChange={mayChange}
              />
            )
          );
        })}
      </div>
    </Paper>
  );
}

function indexOf(rows: readonly Row[], id: number | undefined): number {
  return rows.findIndex((row) => row.kind === "field" && row.node.id === id);
}

function keyOf(row: Row | undefined, index: number): string | number {
  if (row === undefined) return index;
  return row.kind === "group" ? `group ${row.id}` : row.node.id;
}

interface GroupHeadProps {
  row: GroupRow;
  index: number;
  y: number;
  draft: Draft;
}

function GroupHead({ row, index, y, draft }: GroupHeadProps) {
  const isOpen = !draft.closed.has(row.id);
  const title = row.id === "" ? "Every event" : whenText(row.when);
  return (
    <div
      role="row"
      aria-level={1}
      aria-rowindex={index + 1}
      aria-expanded={isOpen}
      className={`${classes.row ?? ""} ${classes.group ?? ""}`}
      style={{ height: GROUP_ROW_PX, transform: `translateY(${y}px)` }}
    >
      <div role="gridcell" className={classes.groupName} title={title}>
        <ActionIcon size="sm" aria-label={`${isOpen ? "Close" : "Open"} ${title}`} onClick={() => draft.toggle(row.id)}>
          {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
        </ActionIcon>
        <span className={classes.groupTitle}>{title}</span>
        <span className={classes.groupCount}>{counted(row.count, "field")}</span>
      </div>
    </div>
  );
}

type Actions = Pick<Draft, "toggle" | "select" | "add" | "addAfter" | "step">;

/** What can be done to a draft, the same object for as long as it is shown: a row that nothing changed is kept as it is. */
function useActions(draft: Draft): Actions {
  const latest = useRef(draft);
  useLayoutEffect(() => {
    latest.current = draft;
  });
  const [actions] = useState<Actions>(() => ({
    toggle: (id) => latest.current.toggle(id),
    select: (id) => latest.current.select(id),
    add: (parentId, field) => latest.current.add(parentId, field),
    addAfter: (id) => latest.current.addAfter(id),
    step: (step) => latest.current.step(step),
  }));
  return actions;
}

interface TreeRowProps {
  row: FieldRow;
  index: number;
  y: number;
  height: number;
  isOpen: boolean;
  isSelected: boolean;
  /** The first of its faults. */
  fault: string | undefined;
  actions: Actions;
  mayChange: boolean;
}

/** Rows are made anew with each change of the tree; most are what they were. */
function isSame({ row: old, ...before }: TreeRowProps, { row, ...now }: TreeRowProps): boolean {
  return shallowEqual(old, row) && shallowEqual(before, now);
}

const TreeRow = memo(function TreeRow({
  row,
  index,
  y,
  height,
  isOpen,
  isSelected,
  fault,
  actions,
  mayChange,
}: TreeRowProps) {
  const { node, depth } = row;
  const isParent = hasChildren(node.type);
  const name = node.key === "" ? "the field with no key yet" : node.key;
  return (
    <div
      role="row"
      aria-level={depth}
      aria-rowindex={index + 1}
      aria-expanded={isParent ? isOpen : undefined}
      aria-selected={isSelected}
      data-selected={isSelected || undefined}
      className={classes.row}
      style={{ height, transform: `translateY(${y}px)`, "--depth": depth - 1 } as CSSProperties}
    >
      <div role="gridcell" className={classes.name}>
        {isParent ? (
          <ActionIcon
            size="sm"
            aria-label={`${isOpen ? "Close" : "Open"} ${name}`}
            onClick={() => actions.toggle(node.id)}
          >
            {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
          </ActionIcon>
        ) : (
          <span className={classes.noToggle} />
        )}
        <UnstyledButton
          className={`mono ${classes.key ?? ""}`}
          aria-label={`${mayChange ? "Edit" : "Show"} ${name}`}
          title={node.key}
          onClick={() => actions.select(node.id)}
        >
          {node.key === "" ? <em>no key yet</em> : node.key}
        </UnstyledButton>
        {node.from !== "" && (
          <span className={`mono ${classes.from ?? ""}`} title={visible(node.from)}>
            ← {visible(node.from)}
          </span>
        )}
        {node.protect !== "" && (
          <Tooltip label={`Protected. ${PROTECTIONS[node.protect]}`}>
            <IconLock size={14} role="img" aria-label={`Protected: ${node.protect}`} style={{ flex: "none" }} />
          </Tooltip>
        )}
        {fault !== undefined && (
          <Tooltip label={fault}>
            <IconAlertTriangle
              size={16}
              role="img"
              aria-label={`Fault: ${fault}`}
              color="var(--mantine-color-error)"
              style={{ flex: "none" }}
            />
          </Tooltip>
        )}
      </div>
      <div role="gridcell" className={classes.type}>
        <Badge variant="light" color="gray" radius="sm" tt="none" className="mono">
          {node.type}
        </Badge>
      </div>
      <div role="gridcell" className={classes.facts} title={factsOf(node)}>
        {node.from !== "" && <span className={`mono ${classes.fromBelow ?? ""}`}>← {visible(node.from)} </span>}
        {factsOf(node)}
      </div>
      <div role="gridcell" className={classes.actions}>
        {mayChange && (
          <>
            {isParent && depth < MAX_DEPTH && (
              <Tooltip label={`Add a child to ${name}`}>
                <ActionIcon aria-label={`Add a child to ${name}`} onClick={() => actions.add(node.id)}>
                  <IconPlus size={16} />
                </ActionIcon>
              </Tooltip>
            )}
            <RowMenu row={row} actions={actions} name={name} />
          </>
        )}
      </div>
    </div>
  );
}, isSame);

function RowMenu({ row, actions, name }: { row: FieldRow; actions: Actions; name: string }) {
  const { id } = row.node;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={`More for ${name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconArrowUp size={14} />}
          disabled={row.isFirst}
          onClick={() => actions.step({ kind: "move", id, by: -1 })}
        >
          Move up
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowDown size={14} />}
          disabled={row.isLast}
          onClick={() => actions.step({ kind: "move", id, by: 1 })}
        >
          Move down
        </Menu.Item>
        <Menu.Item leftSection={<IconPlus size={14} />} onClick={() => actions.addAfter(id)}>
          Add a field below
        </Menu.Item>
        <Menu.Item leftSection={<IconCopyPlus size={14} />} onClick={() => actions.step({ kind: "duplicate", id })}>
          Duplicate
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          c="var(--mantine-color-error)"
          leftSection={<IconTrash size={14} />}
          onClick={() => actions.step({ kind: "remove", id })}
        >
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
