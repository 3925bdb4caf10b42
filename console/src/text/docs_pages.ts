/** Where the docs explain a word of the console: a page of the site and, after `#`, a heading of it. */
export const DOCS_PAGES = {
  Alerts: "alerts",
  "Audit log": "access#the-audit-log",
  Canary: "live#canary",
  Compare: "diff",
  "Delete environment": "destinations#what-stays-when-an-environment-is-deleted",
  Deployments: "concepts#the-life-of-a-schema",
  Destination: "destinations",
  Domain: "custom-domains",
  Environments: "concepts",
  Install: "install",
  "Keys and webhooks": "management#settings-of-an-environment",
  Live: "live",
  Members: "access#members",
  Overview: "usage#what-is-counted",
  Quarantine: "quarantine",
  Queues: "operate",
  Revisions: "concepts#the-life-of-a-schema",
  "Set-aside events": "destinations#what-a-destination-refuses",
  Settings: "management#settings-of-an-environment",
  Tokens: "access#tokens",
  Trial: "live#trials",
  "Unknown fields": "quarantine",
  "Usage and plan": "usage#plans",
} as const;

export type DocsWord = keyof typeof DOCS_PAGES;

export const isDocsWord = (word: string): word is DocsWord => Object.hasOwn(DOCS_PAGES, word);

export const docsAddress = (word: DocsWord): string => `/docs/${DOCS_PAGES[word]}`;

/** Where the site has a page, by its file below `docs`, such as `protocols/segment.md`. */
export const docsPageAddress = (file: string): string => `/docs/${file.replace(/\.md$/, "")}`;
