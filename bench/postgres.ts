/** A Postgres of its own on a socket, synced as in production; started as somebody else where root may not run it. */
import { spawn, spawnSync } from "node:child_process"
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface Postgres {
  readonly path: string
  readonly username: string
  readonly close: () => Promise<void>
}

const username = "bench"

/** Undefined where no Postgres is installed. */
export const postgres = async (): Promise<Postgres | undefined> => {
  const [initdb] = [...globSync("/usr/lib/postgresql/*/bin/initdb"), ...globSync("/usr/{local/,}bin/initdb")]
    .toReversed()
  if (initdb === undefined) return undefined
  const dir = mkdtempSync(join(tmpdir(), "effect-claude-bench-pg-"))
  const [, , uid, gid] = process.getuid?.() === 0
    ? readFileSync("/etc/passwd", "utf8").split("\n").find((line) => line.startsWith("postgres:"))?.split(":") ?? []
    : []
  const as = uid === undefined ? { cwd: dir } : { cwd: dir, uid: Number(uid), gid: Number(gid) }
  if (uid !== undefined) chownSync(dir, Number(uid), Number(gid))
  const data = join(dir, "data")
  spawnSync(initdb, ["-D", data, "-U", username, "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8"], as)
  const server = spawn(join(initdb, "..", "postgres"), ["-D", data, "-k", dir, "-c", "listen_addresses="], as)
  await new Promise<void>((resolve, reject) => {
    server.stderr.on("data", (piece) => /ready to accept/.test(String(piece)) && resolve())
    server.on("exit", () => reject(new Error("Postgres ended.")))
  })
  return {
    path: join(dir, ".s.PGSQL.5432"),
    username,
    close: () =>
      new Promise((resolve) => {
        server.removeAllListeners("exit").on("exit", () => {
          rmSync(dir, { recursive: true })
          resolve()
        })
        server.kill("SIGQUIT")
      })
  }
}
