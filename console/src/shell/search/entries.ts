/** What the search of the whole console finds: by words of names, by ids, and the places of an event's id. */

import type { Model } from "@/api/types";
import { isEventId } from "@/text/event_ids";

export type Kind = "Pages" | "Endpoints" | "Environments" | "Revisions" | "Event";

export interface Entry {
  key: string;
  kind: Kind;
  label: string;
  /** Where it belongs: the endpoint's name. */
  beside?: string;
  /** The id that a search can name it by. */
  id?: string;
  place: Place;
}

/** An address of the console. */
export type Place =
  | { to: "/" | "/start" | "/organisation" | "/organisation/members" | "/organisation/tokens" | "/organisation/audit" }
  | { to: "/endpoints/$endpointId"; params: { endpointId: string } }
  | {
      to: "/endpoints/$endpointId/environments/$environmentId";
      params: { endpointId: string; environmentId: string };
      search?: { q: string };
    }
  | {
      to: "/endpoints/$endpointId/environments/$environmentId/quarantine";
      params: { endpointId: string; environmentId: string };
      search: { event: string };
    }
  | { to: "/endpoints/$endpointId/revisions/$revisionId"; params: { endpointId: string; revisionId: string } };

/** What is known of an endpoint when a search begins. */
export interface Known {
  endpoint: Model<"Endpoint">;
  environments: readonly Model<"Environment">[];
  revisions: readonly Model<"Revision">[];
}

export const MOST_OF_A_KIND = 6;

const PAGES: Entry[] = (
  [
    ["/", "Endpoints"],
    ["/start", "Start with a sample event"],
    ["/organisation", "Usage and plan"],
    ["/organisation/members", "Members"],
    ["/organisation/tokens", "Tokens"],
    ["/organisation/audit", "Audit log"],
  ] as const
).map(([to, label]) => ({ key: `page ${to}`, kind: "Pages", label, place: { to } }));

/** Everything that can be found, in the order in which it is shown. */
export function entriesOf(known: readonly Known[]): Entry[] {
  const endpoints = known.map(({ endpoint: { id, name } }) => ({
    key: id,
    kind: "Endpoints" as const,
    id,
    label: name,
    place: { to: "/endpoints/$endpointId" as const, params: { endpointId: id } },
  }));
  const environments = known.flatMap(({ endpoint, environments }) =>
    environments.map(({ id, name }) => ({
      key: id,
      kind: "Environments" as const,
      id,
      label: name,
      beside: endpoint.name,
      place: {
        to: "/endpoints/$endpointId/environments/$environmentId" as const,
        params: { endpointId: endpoint.id, environmentId: id },
      },
    })),
  );
  const revisions = known.flatMap(({ endpoint, revisions }) =>
    revisions.map(({ id, name }) => ({
      key: id,
      kind: "Revisions" as const,
      id,
      label: name,
      beside: endpoint.name,
      place: {
        to: "/endpoints/$endpointId/revisions/$revisionId" as const,
        params: { endpointId: endpoint.id, revisionId: id },
      },
    })),
  );
  return [...endpoints, ...environments, ...revisions, ...PAGES];
}

/** Those in which every word stands, in the name, beside it or as the id; without words, all. At most some of a kind. */
export function found(entries: readonly Entry[], text: string): Entry[] {
  const words = wordsOf(text);
  const counts = new Map<Kind, number>();
  return entries.filter(({ kind, label, beside = "", id }) => {
    const told = `${label} ${beside}`.toLowerCase();
    if (!words.every((word) => told.includes(word) || id === word)) return false;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return count <= MOST_OF_A_KIND;
  });
}

/** Where an event may be found: in the environment that is open, or in all that are known. */
export function placesOfEvent(known: readonly Known[], eventId: string, openId: string | undefined): Entry[] {
  if (!isEventId(eventId)) return [];
  const all = known.flatMap(({ endpoint, environments }) =>
    environments.map((environment) => ({ endpoint, environment })),
  );
  const open = all.filter(({ environment }) => environment.id === openId);
  return (open.length > 0 ? open : all).slice(0, 2 * MOST_OF_A_KIND).flatMap(({ endpoint, environment }) => {
    const params = { endpointId: endpoint.id, environmentId: environment.id };
    const beside = `${environment.name} · ${endpoint.name}`;
    return [
      {
        key: `quarantine ${environment.id}`,
        kind: "Event" as const,
        label: "Look for it in quarantine",
        beside,
        place: {
          to: "/endpoints/$endpointId/environments/$environmentId/quarantine" as const,
          params,
          search: { event: eventId },
        },
      },
      {
        key: `live ${environment.id}`,
        kind: "Event" as const,
        label: "Look for it among live events",
        beside,
        place: {
          to: "/endpoints/$endpointId/environments/$environmentId" as const,
          params,
          search: { q: eventId },
        },
      },
    ];
  });
}

/** The endpoints whose environments and revisions are read: the open one, the first, and those that a word names. */
export function endpointsToRead(
  endpoints: readonly Model<"Endpoint">[],
  text: string,
  openId: string | undefined,
  most: number,
): Model<"Endpoint">[] {
  const words = wordsOf(text);
  const named = endpoints.filter(({ name }) => words.some((word) => name.toLowerCase().includes(word)));
  const open = endpoints.filter(({ id }) => id === openId);
  return [...new Set([...open, ...named.slice(0, most), ...endpoints.slice(0, most)])];
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}
