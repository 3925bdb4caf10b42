/** Where an environment is reached at a domain of its own: with the scheme and the port of its address, as the API says. */
export function addressAt(domain: string, address: string): string {
  const { protocol, port } = new URL(address);
  return `${protocol}//${domain}${port === "" ? "" : `:${port}`}`;
}
