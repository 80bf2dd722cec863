/** Colour, where a terminal shows it and nobody asked for none. */

export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

const wrap = (open: number, close: number) => (text: string): string => `\u001b[${open}m${text}\u001b[${close}m`
const plain = (text: string): string => text

/** For a stream, by the usual variables (NO_COLOR, FORCE_COLOR). */
export const forStream = (isTTY: boolean, env: Readonly<Record<string, string | undefined>>): Paint => {
  const forced = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0"
  return (env["NO_COLOR"] ?? "") === "" && (isTTY || forced)
    ? { bold: wrap(1, 22), dim: wrap(2, 22), red: wrap(31, 39), green: wrap(32, 39), yellow: wrap(33, 39) }
    : { bold: plain, dim: plain, red: plain, green: plain, yellow: plain }
}
