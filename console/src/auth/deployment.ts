/** What a deployment says about itself in `/config.json`, so that one build of the console serves every one. */
export interface Deployment {
  /** `token`: a personal token is pasted. `hosted_page`: a pool of users has a page of its own (Amazon Cognito). */
  sign_in: { kind: "token" } | { kind: "hosted_page"; page: string; client_id: string };
  /** Where test events go instead of an environment's own address: pages of the console may call no function URL. */
  test_events?: string;
}

/**
 * Read `/config.json`.
 *
 * @throws Error it can't be had, or is none.
 */
export async function readDeployment(): Promise<Deployment> {
  const response = await fetch("/config.json");
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  const found: unknown = await response.json();
  if (!isDeployment(found)) throw new Error("/config.json does not say how to sign in.");
  return found;
}

function isDeployment(value: unknown): value is Deployment {
  if (typeof value !== "object" || value === null || !("sign_in" in value)) return false;
  if ("test_events" in value && typeof value.test_events !== "string") return false;
  const signIn = value.sign_in;
  if (typeof signIn !== "object" || signIn === null || !("kind" in signIn)) return false;
  if (signIn.kind === "token") return true;
  return signIn.kind === "hosted_page" && "page" in signIn && "client_id" in signIn;
}
