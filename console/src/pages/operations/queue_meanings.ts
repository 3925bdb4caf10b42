interface Meaning {
  /** What the queue is for. */
  carries: string;
  /** What has happened where messages of it were given up, and what waits. */
  givenUp: string;
}

const MEANINGS: Record<string, Meaning> = {
  spill: {
    carries: "Accepted events that their stream did not take at once.",
    givenUp: "Accepted events can’t be put into their stream. The events wait here.",
  },
  quarantine: {
    carries: "Refused events on their way into quarantine.",
    givenUp: "Refused events can’t be written into quarantine. The events wait here.",
  },
  provision: {
    carries: "Environments to be set up, changed or taken down.",
    givenUp: "An environment can’t be set up or taken down. It says why in its status.",
  },
  landing: {
    carries: "Objects on their way to a destination other than this deployment’s own bucket.",
    givenUp: "Objects can’t be written to their destination. The objects wait.",
  },
  delivered: {
    carries: "Delivered objects to be counted.",
    givenUp: "Delivered objects can’t be counted. The data is complete, its count is too low.",
  },
  redrive: {
    carries: "Quarantined events that are sent again.",
    givenUp: "A redrive of quarantined events failed. What it did not send is still in quarantine.",
  },
  trial: {
    carries: "Revisions that are tried on events.",
    givenUp: "A trial failed. It changes nothing, and can be started again.",
  },
  taps: {
    carries: "Live events for the people who watch.",
    givenUp: "Live events can’t be kept. Nothing is lost but what would have been shown.",
  },
};

const UNKNOWN: Meaning = { carries: "", givenUp: "Work on these messages failed again and again." };

/** What a queue is for, and what it means where it has dead letters. */
export function meaningOf(queue: string): Meaning {
  return MEANINGS[queue] ?? UNKNOWN;
}
