/** Medians and a plain table. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const print = (
  title: string,
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string | number>>
): void => {
  const text = [head, ...rows.map((row) => row.map(String))]
  const widths = head.map((_, at) => Math.max(...text.map((row) => row[at]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>): string =>
    row.map((cell, at) => at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)).join("  ")
  console.log(`\n${title}\n${text.map(line).join("\n")}`)
}
