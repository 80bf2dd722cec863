export * as ClaudeError from "./errors/ClaudeError.ts"
