import { ActionIcon, Anchor, Button, type ActionIconProps, type AnchorProps, type ButtonProps } from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import { forwardRef, type AnchorHTMLAttributes, type Ref } from "react";

type Html<Props> = Props & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props>;

const ButtonAnchor = forwardRef((props: Html<ButtonProps>, ref: Ref<HTMLAnchorElement>) => (
  <Button component="a" ref={ref} {...props} />
));
ButtonAnchor.displayName = "ButtonAnchor";

const TextAnchor = forwardRef((props: Html<AnchorProps>, ref: Ref<HTMLAnchorElement>) => (
  <Anchor ref={ref} inherit={props.size === undefined} {...props} />
));
TextAnchor.displayName = "TextAnchor";

const IconAnchor = forwardRef((props: Html<ActionIconProps>, ref: Ref<HTMLAnchorElement>) => (
  <ActionIcon component="a" ref={ref} {...props} />
));
IconAnchor.displayName = "IconAnchor";

/** A link of the router that looks like a row's button; needs an `aria-label`. */
export const IconLink: LinkComponent<typeof IconAnchor> = createLink(IconAnchor);

/** A link of the router that looks like a button. */
export const LinkButton: LinkComponent<typeof ButtonAnchor> = createLink(ButtonAnchor);

/** A link of the router in a text, as large as the text. */
export const TextLink: LinkComponent<typeof TextAnchor> = createLink(TextAnchor);
