/** Asks once for what several components ask for at the same moment, such as the rows of a table. */
export class Together<Answer> {
  private waiting = new Map<string, Waiting<Answer>>();

  /** `load` answers by id; `most` is how many ids one question may have. */
  constructor(
    private readonly load: (ids: string[]) => Promise<Map<string, Answer>>,
    private readonly most: number,
  ) {}

  of(id: string): Promise<Answer> {
    const known = this.waiting.get(id);
    if (known !== undefined) return known.promise;
    if (this.waiting.size === 0) setTimeout(() => this.ask(), 0);
    const asked = waiting<Answer>();
    this.waiting.set(id, asked);
    return asked.promise;
  }

  private ask(): void {
    const all = [...this.waiting];
    this.waiting = new Map();
    for (let first = 0; first < all.length; first += this.most) {
      void this.answer(new Map(all.slice(first, first + this.most)));
    }
  }

  private async answer(asked: Map<string, Waiting<Answer>>): Promise<void> {
    try {
      const found = await this.load([...asked.keys()]);
      for (const [id, { resolve, reject }] of asked) {
        const answer = found.get(id);
        if (answer === undefined) reject(new Error(`nothing was answered for ${id}`));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of asked.values()) reject(error);
    }
  }
}

interface Waiting<Answer> {
  promise: Promise<Answer>;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

function waiting<Answer>(): Waiting<Answer> {
  let resolve: (answer: Answer) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Answer>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
