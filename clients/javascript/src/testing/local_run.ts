import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { Environment } from "./environment.js";

const START_MS = 90_000;
const STOP_MS = 15_000;

interface Said {
  address: string;
  token: string;
  environments: { name: string; address: string; environment_id: string }[];
}

/** A local run of one's own, as `ingestctl local` starts it; it ends with this process in any case. */
export class LocalRun {
  readonly address: string;
  readonly token: string;
  /** One for each schema, by its name: the schema's, or that of its file. */
  readonly environments: ReadonlyMap<string, Environment>;
  readonly #process: ChildProcess;

  private constructor(said: Said, process: ChildProcess) {
    this.address = said.address;
    this.token = said.token;
    this.#process = process;
    this.environments = new Map(
      said.environments.map(({ name, address, environment_id: id }) => [
        name,
        new Environment(said.address, said.token, { id, name, address }),
      ]),
    );
  }

  /**
   * Starts a run that serves schemas: YAML or JSON files, as `ingestctl revisions pull` writes them. `command` is what
   * `ingestctl` is called as, by words; unless given, the variable INGESTCTL says it, parted at spaces.
   */
  static async start(
    schemas: readonly string[],
    command: readonly string[] = commandOf(process.env),
  ): Promise<LocalRun> {
    const [program = "ingestctl", ...words] = command;
    const options = schemas.flatMap((schema) => ["--schema", schema]);
    const child = spawn(program, [...words, "local", "--port", "0", ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const tooLate = setTimeout(() => child.kill("SIGKILL"), START_MS);
    try {
      return new LocalRun(JSON.parse(await firstLine(child)) as Said, child);
    } catch (error) {
      await stop(child);
      if (!(error instanceof SyntaxError)) throw error;
      throw new Error("The local run did not start; what it said is above.", { cause: error });
    } finally {
      clearTimeout(tooLate);
    }
  }

  /** Ends the run; what it kept goes with it. */
  async close(): Promise<void> {
    await stop(this.#process);
  }
}

function commandOf(variables: NodeJS.ProcessEnv): string[] {
  return (variables["INGESTCTL"] ?? "ingestctl").split(" ").filter((word) => word !== "");
}

async function firstLine(child: ChildProcess): Promise<string> {
  const failed = once(child, "error").then(([error]) => {
    throw error as Error;
  });
  const read = (async () => {
    if (child.stdout) for await (const line of createInterface({ input: child.stdout })) return line;
    return "";
  })();
  return Promise.race([read, failed]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill();
  const tooLate = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(tooLate);
}
