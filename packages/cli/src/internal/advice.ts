/** One line for the person who has to act. */
import type { ClaudeError } from "effect-claude"

const advice: { readonly [Tag in ClaudeError.Reason["_tag"]]?: string } = {
  AccountOnHold: "the organization is disabled; its owner has to appeal",
  AuthenticationFailed: "the key is wrong or revoked: set ANTHROPIC_API_KEY",
  BillingBlocked: "somebody who pays has to add credit or raise a limit",
  ContextOverflow: "shorten the prompt, or use a model with a larger window",
  Conflict: "the request conflicts with another; send it again later with --retry-errored",
  DeadlineExceeded: "give more time with --deadline, then --retry-errored",
  InvalidConversation: "repair the message list; the message names the place",
  InvalidRequest: "fix the request; the message names the field",
  MalformedResponse: "something between here and the API changes its answers; look at the proxy",
  NotFound: "the model or file does not exist or this key may not use it",
  PermissionDenied: "the key lacks a permission; ask the organization's admin",
  RequestExceedsLimit: "the prompt is larger than a whole minute of the limit; shorten it or raise the limit",
  RequestTooLarge: "over 32 MB: use the Files API, or split it"
}

export const adviceOf = (tag: string): string =>
  Object.entries(advice).find(([known]) => known === tag)?.[1] ?? "temporary: run again with --retry-errored"
