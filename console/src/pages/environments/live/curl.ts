/** A command for a POSIX shell that sends a text, whatever characters it has. */
export function curlOf(address: string, body: string): string {
  return `curl -sS ${quoted(address)} -H 'Content-Type: application/json' --data-binary ${quoted(body)}`;
}

function quoted(text: string): string {
  // `@` begins the name of a file for curl, which JSON never does.
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
