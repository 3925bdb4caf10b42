import { expect, test } from "vitest";

import { Together } from "@/api/together";

function asking(load: (ids: string[]) => Promise<Map<string, number>>) {
  const asked: string[][] = [];
  const together = new Together((ids) => {
    asked.push(ids);
    return load(ids);
  }, 2);
  return { asked, together };
}

test("what is asked for at the same moment is asked once, in questions that are not too long", async () => {
  const lengths = (ids: string[]) => Promise.resolve(new Map(ids.map((id) => [id, id.length])));
  const { asked, together } = asking(lengths);
  const answers = await Promise.all(["a", "bb", "a", "ccc"].map((id) => together.of(id)));
  expect(answers).toEqual([1, 2, 1, 3]);
  expect(asked).toEqual([["a", "bb"], ["ccc"]]);
  await together.of("a");
  expect(asked).toHaveLength(3);
});

test("each is told of a failure, and of an answer in which it is missing", async () => {
  const failing = asking(() => Promise.reject(new Error("out")));
  await expect(failing.together.of("a")).rejects.toThrow("out");
  const silent = asking(() => Promise.resolve(new Map([["a", 1]])));
  const [first, second] = await Promise.allSettled(["a", "b"].map((id) => silent.together.of(id)));
  expect(first).toMatchObject({ value: 1 });
  expect(second).toMatchObject({ status: "rejected" });
});
