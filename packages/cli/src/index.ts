export * as Bulk from "./bulk.ts"
export * as Check from "./check.ts"
export { command } from "./command.ts"
export * as Explain from "./explain.ts"
