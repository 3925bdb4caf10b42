/** What a change of an environment's webhooks sends: the API takes all of them at once, each keeps its own secrets. */

import type { Model } from "@/api/types";

type Written = Model<"Webhook">;
type Shown = Pick<Model<"ShownWebhook">, "name" | "scheme">;

function unchanged(rows: readonly Shown[]): Written[] {
  return rows.map(({ name, scheme }) => ({ name, scheme }));
}

/** One more; its faults are at the last place. */
export function withWebhook(rows: readonly Shown[], added: Written): Written[] {
  return [...unchanged(rows), added];
}

export function withoutWebhook(rows: readonly Shown[], name: string): Written[] {
  return unchanged(rows.filter((row) => row.name !== name));
}

/** One with a new secret: beside the newest that it has, or alone. */
export function withNewSecret(rows: readonly Shown[], name: string, secret: string, keepsNewest: boolean): Written[] {
  return changed(rows, name, { secrets: [secret], ...(keepsNewest ? { keep_newest: true } : {}) });
}

/** One without the older of its two secrets. */
export function withoutOlderSecret(rows: readonly Shown[], name: string): Written[] {
  return changed(rows, name, { keep_newest: true });
}

function changed(rows: readonly Shown[], name: string, more: Partial<Written>): Written[] {
  return unchanged(rows).map((row) => (row.name === name ? { ...row, ...more } : row));
}

/** Fields of a form for one webhook that stand for those of the request, in which it has a place of its own. */
export function standsAt(place: number): Record<string, string> {
  const at = `webhooks.${place}`;
  return {
    [`${at}.name`]: "name",
    [`${at}.scheme`]: "scheme",
    [`${at}.secrets`]: "secret",
    [`${at}.keep_newest`]: "secret",
  };
}
