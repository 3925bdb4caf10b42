/** A table as CSV (RFC 4180); a spreadsheet takes no cell of it for a formula. */
export function csvText(rows: string[][]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** An apostrophe in front makes spreadsheets show what they would otherwise compute. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
