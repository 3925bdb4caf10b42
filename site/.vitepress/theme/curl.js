// A plugin of Swagger UI: each operation shows a curl command to copy, made from the examples of the document.

/** Show the command above an operation's answers. */
export function curlExamples({ React }) {
  return {
    wrapComponents: {
      responses:
        (Responses, { getComponent }) =>
        (props) =>
          React.createElement(
            React.Fragment,
            null,
            React.createElement(
              "div",
              { className: "curl-example" },
              React.createElement("h4", null, "With curl"),
              React.createElement(
                getComponent("HighlightCode", true),
                { canCopy: true, language: "bash", fileName: "request.sh" },
                curlOf(props),
              ),
            ),
            React.createElement(Responses, props),
          ),
    },
  };
}

function curlOf({ path, method, specSelectors }) {
  const operation = specSelectors.specResolvedSubtree(["paths", path, method])?.toJS() ?? {};
  return curlCommand(path, method, operation);
}

/** Return a command for a shell where ADDRESS and TOKEN are set; what to fill in is in capitals. */
export function curlCommand(path, method, operation) {
  const address = path.replace(/\{(\w+)\}/g, (_, name) => name.toUpperCase());
  const lines = [`curl -s ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$ADDRESS${address}"`];
  if (operation.security?.length !== 0) lines.push('-H "Authorization: Bearer $TOKEN"');
  for (const { name, in: where, required } of operation.parameters ?? []) {
    if (where === "header" && required) lines.push(`-H '${name}: ${name.toUpperCase().replaceAll("-", "_")}'`);
  }
  const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (mediaType !== undefined) {
    lines.push(`-H 'Content-Type: ${mediaType}'`);
    const example = exampleOf(content);
    if (example !== undefined) lines.push(`-d '${JSON.stringify(example).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n  ");
}

function exampleOf({ example, examples, schema }) {
  return example ?? Object.values(examples ?? {})[0]?.value ?? schema?.example ?? schema?.examples?.[0];
}
