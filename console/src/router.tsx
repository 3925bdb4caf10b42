import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { FAULTS } from "@/api/fault_codes";
import type { Model } from "@/api/types";
import { session } from "@/auth/session";
import { Failed } from "@/components/Failed";
import { LinesSkeleton } from "@/components/Loaded";
import { NotFound } from "@/pages/NotFound";
import { setAsideSearch } from "@/pages/operations/search";
import { auditSearch } from "@/pages/organisation/search";
import { overviewSearch } from "@/pages/overview/search";
import { SignedIn } from "@/pages/sign_in/SignedIn";
import { SignIn } from "@/pages/sign_in/SignIn";
import { liveSearch } from "@/pages/environments/live/search";
import { EndpointLayout } from "@/shell/EndpointLayout";
import { EnvironmentLayout } from "@/shell/EnvironmentLayout";
import { Layout } from "@/shell/Layout";
import { day, flag, id, oneOf, page, text, texts } from "@/state/search";

const root = createRootRoute();

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search): { to?: string } => ({ to: ownPath(search.to) }),
  component: SignIn,
});

const signedIn = createRoute({ getParentRoute: () => root, path: "/signed-in", component: SignedIn });

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: ({ location }) => {
    if (session.token() === null) {
      throw redirect({ to: "/sign-in", search: { to: location.href === "/" ? undefined : location.href } });
    }
  },
  component: Layout,
});

/** How far you have been led: what has been made so far. */
interface StartSearch {
  /** Name that was given to the endpoint elsewhere. */
  name?: string;
  revision?: string;
  environment?: string;
  /** The step that was gone back to. */
  step?: "start" | "schema";
}

interface EndpointsSearch {
  q?: string;
  sort?: "created";
  descending?: true;
  page?: number;
}

const endpoints = createRoute({
  getParentRoute: () => app,
  path: "/",
  validateSearch: (search): EndpointsSearch => ({
    q: text(search.q),
    sort: oneOf(search.sort, ["created"]),
    descending: flag(search.descending),
    page: page(search.page),
  }),
  component: lazyRouteComponent(() => import("@/pages/endpoints/Endpoints"), "Endpoints"),
});

const start = createRoute({
  getParentRoute: () => app,
  path: "/start",
  validateSearch: (search): StartSearch => ({
    name: text(search.name)?.slice(0, 100),
    revision: id(search.revision),
    environment: id(search.environment),
    step: oneOf(search.step, ["start", "schema"]),
  }),
  component: lazyRouteComponent(() => import("@/pages/start/Start"), "Start"),
});

const endpoint = createRoute({
  getParentRoute: () => app,
  path: "/endpoints/$endpointId",
  component: EndpointLayout,
});

const overview = createRoute({
  getParentRoute: () => endpoint,
  path: "/",
  validateSearch: overviewSearch,
  component: lazyRouteComponent(() => import("@/pages/overview/Overview"), "Overview"),
});

interface EnvironmentsSearch {
  /** An environment is being made. */
  open?: "new";
  by?: string;
  descending?: true;
}

const environments = createRoute({
  getParentRoute: () => endpoint,
  path: "/environments",
  validateSearch: (search): EnvironmentsSearch => ({
    open: oneOf(search.open, ["new"]),
    by: text(search.by),
    descending: flag(search.descending),
  }),
  component: lazyRouteComponent(() => import("@/pages/environments/Environments"), "Environments"),
});

/** One environment with its tabs; not below the tabs of its endpoint, which would stand above its own. */
const environment = createRoute({
  getParentRoute: () => app,
  path: "/endpoints/$endpointId/environments/$environmentId",
  component: EnvironmentLayout,
});

const live = createRoute({
  getParentRoute: () => environment,
  path: "/",
  validateSearch: liveSearch,
  component: lazyRouteComponent(() => import("@/pages/environments/live/Live"), "Live"),
});

const install = createRoute({
  getParentRoute: () => environment,
  path: "/install",
  validateSearch: (search): { way?: string; sender?: string } => ({
    way: text(search.way),
    sender: text(search.sender),
  }),
  component: lazyRouteComponent(() => import("@/pages/environments/install/Install"), "Install"),
});

const deployments = createRoute({
  getParentRoute: () => environment,
  path: "/deployments",
  validateSearch: (search): { revision?: string } => ({ revision: id(search.revision) }),
  component: lazyRouteComponent(() => import("@/pages/environments/deployments/Deployments"), "Deployments"),
});

const destination = createRoute({
  getParentRoute: () => environment,
  path: "/destination",
  component: lazyRouteComponent(() => import("@/pages/environments/settings/Destination"), "Destination"),
});

const domain = createRoute({
  getParentRoute: () => environment,
  path: "/domain",
  component: lazyRouteComponent(() => import("@/pages/environments/domain/Domain"), "Domain"),
});

const keysAndWebhooks = createRoute({
  getParentRoute: () => environment,
  path: "/keys-and-webhooks",
  component: lazyRouteComponent(() => import("@/pages/environments/keys/KeysAndWebhooks"), "KeysAndWebhooks"),
});

const alerts = createRoute({
  getParentRoute: () => environment,
  path: "/alerts",
  component: lazyRouteComponent(() => import("@/pages/environments/alerts/Alerts"), "Alerts"),
});

const settings = createRoute({
  getParentRoute: () => environment,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/pages/environments/settings/Settings"), "Settings"),
});

const unknownFields = createRoute({
  getParentRoute: () => environment,
  path: "/unknown-fields",
  component: lazyRouteComponent(() => import("@/pages/environments/quarantine/UnknownFields"), "UnknownFields"),
});

interface QuarantineSearch {
  code?: Model<"Fault">;
  pointer?: string;
  event_name?: string;
  revision?: string;
  /** Whole days of UTC, both included. */
  from?: string;
  to?: string;
  /** The revision to send again under. */
  under?: string;
  /** Id of an event that is looked for. */
  event?: string;
}

const quarantine = createRoute({
  getParentRoute: () => environment,
  path: "/quarantine",
  validateSearch: (search): QuarantineSearch => ({
    code: oneOf(search.code, FAULTS),
    pointer: text(search.pointer)?.slice(0, 256),
    event_name: text(search.event_name)?.slice(0, 128),
    revision: id(search.revision),
    from: day(search.from),
    to: day(search.to),
    under: id(search.under),
    event: id(search.event),
  }),
  component: lazyRouteComponent(() => import("@/pages/environments/quarantine/Quarantine"), "Quarantine"),
});

interface RevisionsSearch {
  new?: true;
  by?: string;
  descending?: true;
  /** Ids of the one or two that are ticked. */
  compare?: string[];
}

const revisions = createRoute({
  getParentRoute: () => endpoint,
  path: "/revisions",
  validateSearch: (search): RevisionsSearch => ({
    new: flag(search.new),
    by: text(search.by),
    descending: flag(search.descending),
    compare: texts(search.compare)?.slice(0, 2),
  }),
  component: lazyRouteComponent(() => import("@/pages/revisions/Revisions"), "Revisions"),
});

interface DesignerSearch {
  /** The path of the field that is open. */
  at?: string;
  view?: "json" | "yaml";
  /** The pointer of an unknown field that is to be added, and the kinds that its values had. */
  add?: string;
  kinds?: string[];
  /** The pointer of a value in events whose field is to be opened. */
  field?: string;
  /** The template that the revision was just made from. */
  template?: string;
  /** An event type is being added. */
  event_type?: true;
  /** The first steps led here, and go on once it is done. */
  led?: true;
}

const designer = createRoute({
  getParentRoute: () => endpoint,
  path: "/revisions/$revisionId",
  validateSearch: (search): DesignerSearch => ({
    at: text(search.at),
    view: oneOf(search.view, ["json", "yaml"]),
    add: text(search.add),
    kinds: texts(search.kinds),
    field: text(search.field),
    template: id(search.template),
    event_type: flag(search.event_type),
    led: flag(search.led),
  }),
  component: lazyRouteComponent(() => import("@/pages/revisions/Designer"), "Designer"),
});

const compare = createRoute({
  getParentRoute: () => endpoint,
  path: "/compare/$fromId/$toId",
  component: lazyRouteComponent(() => import("@/pages/revisions/Compare"), "Compare"),
});

const organisation = createRoute({
  getParentRoute: () => app,
  path: "/organisation",
  component: lazyRouteComponent(() => import("@/pages/organisation/Organisation"), "Organisation"),
});

const plan = createRoute({
  getParentRoute: () => organisation,
  path: "/",
  component: lazyRouteComponent(() => import("@/pages/organisation/UsageAndPlan"), "UsageAndPlan"),
});

const members = createRoute({
  getParentRoute: () => organisation,
  path: "/members",
  component: lazyRouteComponent(() => import("@/pages/organisation/Members"), "Members"),
});

const tokens = createRoute({
  getParentRoute: () => organisation,
  path: "/tokens",
  component: lazyRouteComponent(() => import("@/pages/organisation/Tokens"), "Tokens"),
});

const audit = createRoute({
  getParentRoute: () => organisation,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("@/pages/organisation/Audit"), "Audit"),
});

const operations = createRoute({
  getParentRoute: () => app,
  path: "/operations",
  component: lazyRouteComponent(() => import("@/pages/operations/Operations"), "Operations"),
});

const queues = createRoute({
  getParentRoute: () => operations,
  path: "/",
  component: lazyRouteComponent(() => import("@/pages/operations/Queues"), "Queues"),
});

const deadLetters = createRoute({
  getParentRoute: () => operations,
  path: "/queues/$queue",
  validateSearch: (search): { letter?: string } => ({ letter: text(search.letter) }),
  component: lazyRouteComponent(() => import("@/pages/operations/DeadLetters"), "DeadLetters"),
});

const setAside = createRoute({
  getParentRoute: () => operations,
  path: "/set-aside",
  validateSearch: setAsideSearch,
  component: lazyRouteComponent(() => import("@/pages/operations/SetAside"), "SetAside"),
});

const organisations = createRoute({
  getParentRoute: () => operations,
  path: "/organisations",
  validateSearch: (search): { open?: string } => ({ open: id(search.open) }),
  component: lazyRouteComponent(() => import("@/pages/operations/Organisations"), "Organisations"),
});

/** What nothing else answers to, for who is signed in: within the console, so that its navigation is there. */
const nowhere = createRoute({ getParentRoute: () => app, path: "$", component: NotFound });

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signedIn,
    app.addChildren([
      endpoints,
      start,
      endpoint.addChildren([overview, environments, revisions, designer, compare]),
      environment.addChildren([
        live,
        install,
        quarantine,
        unknownFields,
        deployments,
        destination,
        domain,
        keysAndWebhooks,
        alerts,
        settings,
      ]),
      organisation.addChildren([plan, members, tokens, audit]),
      operations.addChildren([queues, deadLetters, setAside, organisations]),
      nowhere,
    ]),
  ]),
  defaultNotFoundComponent: NotFound,
  defaultPendingComponent: LinesSkeleton,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} onRetry={reset} title="This page has failed" />,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** A path of the console itself: who signs in is sent nowhere else. */
function ownPath(value: unknown): string | undefined {
  return typeof value === "string" && /^\/(?![/\\])/.test(value) ? value : undefined;
}
