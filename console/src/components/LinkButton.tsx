import { Anchor, Button, type AnchorProps, type ButtonProps } from "@mantine/core";
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

/** A link of the router that looks like a button. */
export const LinkButton: LinkComponent<typeof ButtonAnchor> = createLink(ButtonAnchor);

/** A link of the router in a text, as large as the text. */
export const TextLink: LinkComponent<typeof TextAnchor> = createLink(TextAnchor);
