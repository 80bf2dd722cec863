/** The name a process gives itself towards others that may share a disk with it, and what a name tells of its process. */
import { createHash } from "node:crypto"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"

/** Parts are hashes, or "0" where this system does not tell. */
export interface Announcement {
  readonly pid: number
  /** When the process began, in the system's own unit: a pid that is used again has another. */
  readonly started: string
  readonly machine: string
  /** Of the machine: what ran before it was started anew is dead. */
  readonly boot: string
  /** The pids that can be told apart from here; those of another container cannot. */
  readonly pids: string
  readonly host: string
}

const told = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return ""
  }
}

const hash = (text: string): string => text === "" ? "0" : createHash("sha256").update(text).digest("hex").slice(0, 8)

/** The 22nd field of `stat`; the second is in parentheses and may hold anything. */
const startOf = (pid: number | "self"): string => {
  const stat = told(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0"
}

export const own = (): Announcement => ({
  pid: process.pid,
  started: startOf("self"),
  machine: hash(hostname() + told(() => readFileSync("/etc/machine-id", "utf8"))),
  boot: hash(told(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))),
  pids: hash(told(() => readlinkSync("/proc/self/ns/pid"))),
  host: hostname().replace(/[^\w-]/g, "-").slice(0, 64)
})

export const nameOf = ({ boot, host, machine, pid, pids, started }: Announcement): string =>
  [pid, started, machine, boot, pids, host].join(".")

/** Undefined for what is no announcement. */
export const parse = (name: string): Announcement | undefined => {
  const [pid = "", started = "", machine = "", boot = "", pids = "", host = ""] = name.split(".")
  return /^[1-9]\d*$/.test(pid) && host !== "" ? { pid: Number(pid), started, machine, boot, pids, host } : undefined
}

const answers = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

/** "unknown" for a process of another machine or container: nothing here can see it. */
export const stateOf = (other: Announcement, self: Announcement): "alive" | "dead" | "unknown" => {
  if (other.machine !== self.machine) return "unknown"
  if (other.boot !== self.boot) return "dead"
  if (other.pids !== self.pids) return "unknown"
  if (!answers(other.pid)) return "dead"
  const started = startOf(other.pid)
  return started === "0" || other.started === "0" || started === other.started ? "alive" : "dead"
}
