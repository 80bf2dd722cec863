export * as ClaudeError from "./errors/ClaudeError.ts"
export * as RateLimitHeaders from "./errors/RateLimitHeaders.ts"
