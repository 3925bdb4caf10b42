/** The rows of whose text every word of a search is a part, in whatever order. */
export function matching<Row>(rows: readonly Row[], search: string, textOf: (row: Row) => string): Row[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    const text = textOf(row).toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
