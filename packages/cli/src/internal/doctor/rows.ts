/** What the doctor found, a row a check. */

export interface Row {
  readonly check: string
  readonly verdict: "ok" | "note" | "fault" | "unchecked"
  readonly found: string
  /** What to do about it. */
  readonly fix: string | undefined
}

export const ok = (check: string, found: string): Row => ({ check, verdict: "ok", found, fix: undefined })
export const note = (check: string, found: string, fix?: string): Row => ({ check, verdict: "note", found, fix })
export const fault = (check: string, found: string, fix: string): Row => ({ check, verdict: "fault", found, fix })
export const unchecked = (check: string, why: string): Row => ({
  check,
  verdict: "unchecked",
  found: why,
  fix: undefined
})
