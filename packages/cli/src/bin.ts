#!/usr/bin/env node
/** The command, with what was compiled of it the last time: it starts in half the time. */
import { enableCompileCache } from "node:module"

enableCompileCache()
await import("./main.ts")
