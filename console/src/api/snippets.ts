import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { client } from "@/api/client";

/** Code that sends an event: the one of this text, which goes in a body since addresses are logged, or one made up. */
export function useSnippets(environment_id: string, example: string | null) {
  return useQuery({
    queryKey: ["snippets", environment_id, example],
    queryFn: async ({ signal }) => {
      const path = "/v1/environments/{environment_id}/snippets";
      const params = { path: { environment_id } };
      const { data, error } = await (example === null
        ? client.GET(path, { params, signal })
        : client.POST(path, { params, signal, body: { example } }));
      if (data === undefined) throw error;
      return data;
    },
    placeholderData: keepPreviousData,
  });
}
