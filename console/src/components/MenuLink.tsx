import { Menu, type MenuItemProps } from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import { forwardRef, type AnchorHTMLAttributes, type Ref } from "react";

type Props = MenuItemProps & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof MenuItemProps>;

const ItemAnchor = forwardRef((props: Props, ref: Ref<HTMLAnchorElement>) => (
  <Menu.Item component="a" ref={ref} {...props} />
));
ItemAnchor.displayName = "ItemAnchor";

/** A link of the router as an item of a menu. */
export const MenuLink: LinkComponent<typeof ItemAnchor> = createLink(ItemAnchor);
