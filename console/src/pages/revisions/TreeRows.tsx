import { ActionIcon, Badge, Menu, Paper, Tooltip, UnstyledButton } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowDown,
  IconArrowUp,
  IconChevronDown,
  IconChevronRight,
  IconCopyPlus,
  IconDots,
  IconPlus,
  IconTrash,
} from "@tabler/icons-react";
import { useMediaQuery } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";

import { hasChildren, MAX_DEPTH } from "@/pages/revisions/field";
import { factsOf } from "@/pages/revisions/facts";
import type { Row } from "@/pages/revisions/tree";
import classes from "@/pages/revisions/TreeRows.module.css";
import type { Draft } from "@/pages/revisions/use_draft";

const ROW_PX = 45;
/** Of a row with its facts below its name. */
const NARROW_ROW_PX = 84;
const INDENT_PX = 22;

/** The tree as rows, of which only those in sight are in the page. */
export function TreeRows({ draft, mayChange }: { draft: Draft; mayChange: boolean }) {
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const height = useMediaQuery("(max-width: 640px)", false, { getInitialValueInEffect: false })
    ? NARROW_ROW_PX
    : ROW_PX;
  const virtual = useWindowVirtualizer({
    count: draft.rows.length,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => draft.rows[index]?.node.id ?? index,
  });
  useLayoutEffect(() => virtual.measure(), [virtual, height]);
  return (
    <Paper p={0} className={classes.frame}>
      <div
        ref={list}
        role="treegrid"
        aria-label="Fields"
        aria-rowcount={draft.rows.length}
        style={{ position: "relative", height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const row = draft.rows[index];
          return (
            row !== undefined && (
              <TreeRow
                key={key}
                row={row}
                index={index}
                y={start - top}
                height={height}
                draft={draft}
                mayChange={mayChange}
              />
            )
          );
        })}
      </div>
    </Paper>
  );
}

interface TreeRowProps {
  row: Row;
  index: number;
  y: number;
  height: number;
  draft: Draft;
  mayChange: boolean;
}

function TreeRow({ row, index, y, height, draft, mayChange }: TreeRowProps) {
  const { node, depth } = row;
  const isParent = hasChildren(node.type);
  const isOpen = isParent && !draft.closed.has(node.id);
  const name = node.key === "" ? "the field with no key yet" : node.key;
  const [fault] = draft.faults(node.id);
  return (
    <div
      role="row"
      aria-level={depth}
      aria-rowindex={index + 1}
      aria-expanded={isParent ? isOpen : undefined}
      aria-selected={draft.selected?.node.id === node.id}
      data-selected={draft.selected?.node.id === node.id || undefined}
      className={classes.row}
      style={{ height, transform: `translateY(${y}px)` }}
    >
      <div role="gridcell" className={classes.name} style={{ paddingInlineStart: (depth - 1) * INDENT_PX }}>
        {isParent ? (
          <ActionIcon
            size="sm"
            aria-label={`${isOpen ? "Close" : "Open"} ${name}`}
            onClick={() => draft.toggle(node.id)}
          >
            {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
          </ActionIcon>
        ) : (
          <span style={{ width: INDENT_PX, flex: "none" }} />
        )}
        <UnstyledButton
          className={`mono ${classes.key ?? ""}`}
          aria-label={`${mayChange ? "Edit" : "Show"} ${name}`}
          onClick={() => draft.select(node.id)}
        >
          {node.key === "" ? <em>no key yet</em> : node.key}
        </UnstyledButton>
        {fault !== undefined && (
          <Tooltip label={fault.message}>
            <IconAlertTriangle
              size={16}
              role="img"
              aria-label={`Fault: ${fault.message}`}
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
        {factsOf(node)}
      </div>
      <div role="gridcell" className={classes.actions}>
        {mayChange && (
          <>
            {isParent && depth < MAX_DEPTH && (
              <Tooltip label={`Add a child to ${name}`}>
                <ActionIcon aria-label={`Add a child to ${name}`} onClick={() => draft.add(node.id)}>
                  <IconPlus size={16} />
                </ActionIcon>
              </Tooltip>
            )}
            <RowMenu row={row} draft={draft} name={name} />
          </>
        )}
      </div>
    </div>
  );
}

function RowMenu({ row, draft, name }: { row: Row; draft: Draft; name: string }) {
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
          onClick={() => draft.step({ kind: "move", id, by: -1 })}
        >
          Move up
        </Menu.Item>
        <Menu.Item
          leftSection={<IconArrowDown size={14} />}
          disabled={row.isLast}
          onClick={() => draft.step({ kind: "move", id, by: 1 })}
        >
          Move down
        </Menu.Item>
        <Menu.Item leftSection={<IconCopyPlus size={14} />} onClick={() => draft.step({ kind: "duplicate", id })}>
          Duplicate
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          c="var(--mantine-color-error)"
          leftSection={<IconTrash size={14} />}
          onClick={() => draft.step({ kind: "remove", id })}
        >
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
