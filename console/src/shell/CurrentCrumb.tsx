import { Anchor } from "@mantine/core";

/** The last of a page's breadcrumbs: the name of what it shows, once that is known. */
export function CurrentCrumb({ name }: { name: string | undefined }) {
  return (
    <Anchor size="sm" c="dimmed" component="span" underline="never" className="ellipsis" maw={240} title={name}>
      {name ?? "…"}
    </Anchor>
  );
}
