import { describe, expect, it } from "vitest";

import { KIND_IDS, KINDS, sentenceOf, settingsOf, titleOf, toldOf, withDefaults } from "./alert_words";

const NONE = { percent: null, minutes: null, min_events: null, days: null };

describe("the words of alerts", () => {
  it("say in a sentence when an alert tells", () => {
    expect(sentenceOf({ ...NONE, kind: "rejected_share", percent: 5, minutes: 10, min_events: 20 })).toBe(
      "Tell me when more than 5 % are rejected for 10 minutes, of 20 events or more.",
    );
    expect(sentenceOf({ ...NONE, kind: "certificate_expiry", days: 1 })).toBe(
      "Tell me when the certificate of the custom domain expires in fewer than 1 day.",
    );
  });

  it("name every setting of a kind in its sentence, and no other", () => {
    for (const kind of KIND_IDS) {
      const settings = { percent: 11, minutes: 22, min_events: 33, days: 44 };
      const numbers = KINDS[kind].sentence(settings).match(/\b\d\d\b/g) ?? [];
      expect(numbers.map(Number)).toEqual(settingsOf(kind).map((name) => settings[name]));
    }
  });

  it("keep what is given of a kind's settings, and nothing of another kind", () => {
    expect(withDefaults("silence", { minutes: 7, percent: 3 })).toEqual({
      percent: 0,
      minutes: 7,
      min_events: 0,
      days: 0,
    });
  });

  it("call an alert by its kind where it has no name", () => {
    expect(titleOf({ name: null, kind: "silence" })).toBe("No events");
    expect(titleOf({ name: "Quiet", kind: "silence" })).toBe("Quiet");
  });

  it("say what became of a message", () => {
    expect(toldOf({ message: null, status: null, tries: 0 })).toBe("nothing yet");
    expect(toldOf({ message: "firing", status: "due", tries: 0 })).toBe("will be told that it fires");
    expect(toldOf({ message: "firing", status: "due", tries: 2 })).toBe(
      "will be told that it fires: not reached so far",
    );
    expect(toldOf({ message: "recovered", status: "unknown", tries: 1 })).toBe("may have been told that it recovered");
  });
});
