/** How senders sign their webhooks, and what to fill in for each: `docs/protocols/hooks.md`. */

import type { Model } from "@/api/types";

export type HookScheme = Model<"Webhook">["scheme"];

interface SchemeTexts {
  /** Who signs so. */
  sender: string;
  /** Of a new webhook, until you give it another. */
  name: string;
  /** What the sender calls its secret and where it shows it; null: it signs nothing. */
  secret: string | null;
  /** You choose the secret and give it to the sender, rather than the other way round. */
  isChosen: boolean;
}

export const SCHEMES: Readonly<Record<HookScheme, SchemeTexts>> = {
  github: {
    sender: "GitHub",
    name: "github",
    secret: "The “Secret” of the webhook at GitHub. You choose it.",
    isChosen: true,
  },
  stripe: {
    sender: "Stripe",
    name: "stripe",
    secret: "The “Signing secret” of the endpoint at Stripe, which starts with whsec_.",
    isChosen: false,
  },
  shopify: {
    sender: "Shopify",
    name: "shopify",
    secret: "The client secret of the app, or the one that Shopify’s admin shows under “Notifications”.",
    isChosen: false,
  },
  slack: {
    sender: "Slack",
    name: "slack",
    secret: "The “Signing Secret” of the app at Slack.",
    isChosen: false,
  },
  standard: {
    sender: "Standard Webhooks (Svix)",
    name: "svix",
    secret: "The signing secret of the endpoint at the sender: whsec_ and base64.",
    isChosen: false,
  },
  hmac: {
    sender: "Any other, signed with an HMAC",
    name: "other",
    secret: "The key of the HMAC-SHA256 that the sender sends in X-Signature-256.",
    isChosen: true,
  },
  none: { sender: "Any other, not signed", name: "unsigned", secret: null, isChosen: false },
};

/** All schemes, in the order of choice. */
export const SCHEME_IDS = Object.keys(SCHEMES) as HookScheme[];

export const SCHEME_CHOICES = SCHEME_IDS.map((id) => ({ value: id, label: SCHEMES[id].sender }));

/** A name for another webhook of a scheme, which none of the environment has. */
export function freeName(scheme: HookScheme, taken: readonly string[]): string {
  const first = SCHEMES[scheme].name;
  let name = first;
  for (let count = 2; taken.includes(name); count += 1) name = `${first}-${count}`;
  return name;
}

/** Where a webhook's sender posts to; without a signature, a request has to carry one of the keys that are listed. */
export function postingAddress(
  { address, scheme }: Pick<Model<"ShownWebhook">, "address" | "scheme">,
  writeKeys: readonly string[],
): string {
  const [key] = writeKeys;
  return scheme === "none" && key !== undefined ? `${address}?writeKey=${encodeURIComponent(key)}` : address;
}

const SECRET_BYTES = 32;

/** A random text of 64 hexadecimal digits. */
export function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
