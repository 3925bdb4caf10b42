/** What stands in a table's cell that has nothing to say; on a phone's list, such a cell is left out. */
export function Nothing() {
  return <span data-nothing>–</span>;
}
