/** Numbers as people read them. */
import * as DateTime from "effect/DateTime"

const trim = (value: number): string => value.toFixed(value < 10 ? 1 : 0).replace(/\.0$/, "")

/** 950, 12,400, 3.1 M */
export const count = (value: number): string =>
  value >= 1e9
    ? `${trim(value / 1e9)} G`
    : value >= 1e6
    ? `${trim(value / 1e6)} M`
    : Math.round(value).toLocaleString("en")

/** A rate or a mean, which may be small. */
export const small = (value: number): string => value >= 10 ? count(value) : trim(Math.round(value * 100) / 100)

/** 850 ms, 4.2 s, 12 min 5 s, 3 h 20 min */
export const time = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  const seconds = millis / 1000
  if (seconds < 60) return `${trim(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min${Math.round(seconds % 60) === 0 ? "" : ` ${Math.round(seconds % 60)} s`}`
  const hours = Math.floor(minutes / 60)
  return hours < 48
    ? `${hours} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`
    : `${Math.floor(hours / 24)} d${hours % 24 === 0 ? "" : ` ${hours % 24} h`}`
}

export const percent = (share: number): string => {
  const value = share * 100
  return `${value > 0 && value < 0.1 ? "<0.1" : trim(Math.round(value * 10) / 10)} %`
}

/** 21 Nov 2026, 08:15:03 UTC */
export const instant = (millis: number): string => {
  const [, day = "", month = "", year = "", clock = ""] =
    /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(DateTime.toDateUtc(DateTime.makeUnsafe(millis)).toUTCString()) ?? []
  return `${day} ${month} ${year}, ${clock} UTC`
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]

/** Instants to name on an axis of so many milliseconds, at most `most`. */
export const ticks = (span: number, most: number): ReadonlyArray<number> => {
  const least = span / most / 1000
  const step = 1000 * (steps.find((step) => step >= least) ?? Math.ceil(least / 86_400) * 86_400)
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, n) => n * step)
}

/** The next number that is easy to read. */
export const ceiling = (value: number): number => {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10)
}
